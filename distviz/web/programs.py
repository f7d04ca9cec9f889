"""Which requests are for the API, which answers for itself (distviz/api/guard.py): for pages there are other checks.

The view is chosen by `path_info`; `path` begins with a prefix as well, if the server names one, and decides nothing.
"""

from django.http import HttpRequest

API = "/api/"


def asks_the_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(API)
