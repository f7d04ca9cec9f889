"""The server of the MongoDB protocol, on a unix socket.

It (NX-27017) knows neither users nor passwords: whoever reaches it may read, change and drop everything. Its own
program listens on a port, where that is every process of the machine; here it is whoever may enter the socket's folder.
"""

import argparse
import asyncio
import contextlib
import logging
import os
import signal
import sys
from typing import NoReturn

from nx_27017.handler import NeoSQLiteHandler
from nx_27017.server import handle_client


async def serve(socket: str, handler: NeoSQLiteHandler) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handle_client(reader, writer, handler)

    server = await asyncio.start_unix_server(client, socket)
    async with server:
        await server.serve_forever()


def _end(*_: object) -> NoReturn:
    sys.exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--socket", required=True)
    parser.add_argument("--data-dir", required=True)
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s - %(name)s - %(levelname)s - %(message)s")
    signal.signal(signal.SIGTERM, _end)
    os.umask(0o077)
    handler = NeoSQLiteHandler(journal_mode="WAL", data_dir=options.data_dir)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(options.socket, handler))


if __name__ == "__main__":
    main()
