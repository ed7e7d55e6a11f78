"""The limit to compare with: a `websockets` server on uvloop that does nothing but broadcast what it gets."""

import sys

import uvloop
from websockets.asyncio.server import ServerConnection, broadcast, serve


async def main(port: int) -> None:
    listeners: set[ServerConnection] = set()

    async def listen(connection: ServerConnection) -> None:
        listeners.add(connection)
        try:
            async for message in connection:
                broadcast(listeners, message)
        finally:
            listeners.discard(connection)

    async with serve(listen, "127.0.0.1", port, compression=None, ping_interval=None) as server:
        await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
