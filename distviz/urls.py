from django.contrib import admin
from django.urls import include, path

from distviz.api.urls import api
from distviz.dashboard import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("api/", api.urls),
    path("admin/", admin.site.urls),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("distviz.dashboard.urls")),
]
