// The line for what people are told: a connection of the page, or, in a live room, the one that the room has.
import { PageSocket } from "../lib/socket.js";

const NAME = "/notifications";
const ROOM = "[data-module~='classroom/room']";
const ROOM_MS = 10_000; // a room that has not begun by then has lost its way

async function ofRoom(element) {
  for (const end = Date.now() + ROOM_MS; Date.now() < end; await new Promise((done) => window.setTimeout(done, 200))) {
    if (element.room?.socket) return element.room.socket;
  }
  return null;
}

/** Open the line, and return its link. */
export async function openLine() {
  const room = document.querySelector(ROOM);
  const socket = (room && (await ofRoom(room))) || new PageSocket();
  const link = socket.namespace(NAME);
  socket.open([link]);
  return link;
}
