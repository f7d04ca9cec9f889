"""How a request over HTTP gets from the event loop into a thread, and back: once."""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class OneThread(ASGIHandler):
    """Django's own handler takes views and middleware as coroutines, and changes threads for each that is none. Here
    none is: the whole chain is called at once."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        found: HttpResponseBase = await sync_to_async(self.get_response, thread_sensitive=True)(request)
        return found
