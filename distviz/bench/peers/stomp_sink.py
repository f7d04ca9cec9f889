"""A STOMP server that takes every message and keeps none. Says its port, and ends with its standard input."""

import asyncio
import sys


async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        try:
            frame = (await reader.readuntil(b"\0")).lstrip(b"\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            break
        verb = frame.split(b"\n", 1)[0].strip()
        if verb in (b"CONNECT", b"STOMP"):
            writer.write(b"CONNECTED\nversion:1.2\nheart-beat:0,0\n\n\0")
        elif receipt := next((line for line in frame.split(b"\n") if line.startswith(b"receipt:")), b""):
            writer.write(b"RECEIPT\nreceipt-id:" + receipt.partition(b":")[2].strip() + b"\n\n\0")
        await writer.drain()
    writer.close()


async def main() -> None:
    server = await asyncio.start_server(client, "127.0.0.1", 0, limit=1 << 20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(main())
