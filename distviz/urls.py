from django.contrib import admin
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from distviz.api.urls import api
from distviz.health import views


class Icon(RedirectView):
    """For clients that request /favicon.ico without having read a page; the real file's name has its hash."""

    http_method_names = ["get", "head", "options"]

    def get_redirect_url(self, *args: object, **kwargs: object) -> str:
        return static("favicon.svg")


urlpatterns = [
    path("favicon.ico", Icon.as_view()),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("distviz.dashboard.urls")),
]
