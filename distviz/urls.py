# TEMPORARY until all parts exist; the lead replaces it
from django.contrib import admin
from django.http import HttpResponse
from django.urls import include, path

urlpatterns = [path("admin/", admin.site.urls), path("i18n/", include("django.conf.urls.i18n"))]
try:
    from distviz.dashboard import health

    urlpatterns += [path("healthz", health.healthz, name="healthz"), path("readyz", health.readyz, name="readyz")]
except ImportError:
    urlpatterns += [path("healthz", lambda r: HttpResponse("ok")), path("readyz", lambda r: HttpResponse("ok"))]
try:
    from distviz.api.urls import api

    urlpatterns += [path("api/", api.urls)]
except ImportError:
    pass
try:
    urlpatterns += [path("", include("distviz.dashboard.urls"))]
except ImportError:
    pass
