// The only socket: one connection for each tab, shared by the namespaces of a room.
import { Manager } from "socket.io-client";
import { t } from "./words.js";

const ACK_MS = 8000;

/** An error of the room: `code` as in the acks of docs/realtime.md, or "offline" when the line is down. */
export class RoomError extends Error {
  constructor({ code = "unknown", message = t("That did not work. Try again.") } = {}, data = {}) {
    super(message);
    this.name = "RoomError";
    this.code = code;
    this.data = data;
  }
}

const OFFLINE = { code: "offline", message: t("The line is down. It is tried again by itself.") };

/**
 * One namespace: emit with an answer, send without one, listen.
 * `fallback` maps an event to a function that does the same over REST, used by itself while the socket is down.
 */
export class Link {
  #states = new Set();
  #fallback;

  constructor(socket, fallback = {}) {
    this.socket = socket;
    this.#fallback = fallback;
    socket.on("connect", () => this.#tell(true));
    socket.on("disconnect", () => this.#tell(false));
  }

  get connected() {
    return this.socket.connected;
  }

  /** Bytes that wait in the browser because the line is slow. */
  get bufferedAmount() {
    return this.socket.io.engine?.transport?.ws?.bufferedAmount ?? 0;
  }

  /** Resolve with the ack; reject with RoomError when it says no or when the line stays down. */
  async emit(event, payload) {
    if (this.socket.connected) {
      try {
        const ack = await this.socket.timeout(ACK_MS).emitWithAck(event, payload);
        if (ack?.ok) return ack;
        throw new RoomError(ack?.error, ack?.error);
      } catch (error) {
        if (error instanceof RoomError) throw error;
        // No answer in time: it may have arrived or not. Numbers and nonces make a second try harmless.
      }
    }
    const again = this.#fallback[event];
    if (!again) throw new RoomError(OFFLINE);
    try {
      return await again(payload);
    } catch (error) {
      if (!error.status) throw new RoomError(OFFLINE);
      throw new RoomError({ code: error.code, message: error.message }, error.data ?? {});
    }
  }

  /** Send what may be lost: nothing is kept while the line is down or full. */
  send(event, payload) {
    this.socket.volatile.emit(event, payload);
  }

  sendBinary(event, buffer) {
    this.socket.volatile.emit(event, buffer);
  }

  on(event, handler) {
    this.socket.on(event, handler);
    return () => this.socket.off(event, handler);
  }

  onState(handler) {
    this.#states.add(handler);
    return () => this.#states.delete(handler);
  }

  #tell(connected) {
    for (const handler of this.#states) handler(connected);
  }
}

/** The connection of a page outside a room: WebSocket alone, and in no hurry to come back. */
export class PageSocket {
  #manager = new Manager(window.location.origin, {
    transports: ["websocket"],
    reconnectionDelay: 2000,
    reconnectionDelayMax: 60_000,
    randomizationFactor: 0.5,
    autoConnect: false,
  });

  /** Open one namespace. */
  namespace(name) {
    return new Link(this.#manager.socket(name));
  }

  /** Connect; a page that lies in the history of the browser keeps no line. */
  open(links) {
    for (const { socket } of links) {
      // Whoever is not let in asks no more: the next page begins with signing in.
      socket.on("connect_error", () => socket.active || socket.disconnect());
      socket.connect();
      window.addEventListener("pagehide", () => socket.disconnect());
      window.addEventListener("pageshow", (event) => event.persisted && socket.connect());
    }
  }
}

/** The connection of this tab. Its address names the room, so that a proxy can keep a room in one process. */
export class RoomSocket {
  #manager;

  constructor(room) {
    this.#manager = new Manager(window.location.origin, {
      transports: ["websocket", "polling"],
      tryAllTransports: true,
      query: { room },
      reconnectionDelay: 500,
      reconnectionDelayMax: 5000,
      randomizationFactor: 0.5,
      autoConnect: false,
    });
  }

  /** Open one namespace. */
  namespace(name, fallback) {
    return new Link(this.#manager.socket(name), fallback);
  }

  open(links) {
    for (const { socket } of links) socket.connect();
  }

  close() {
    this.#manager._close?.();
  }

  /** Bytes that wait in the browser because the line is slow. */
  get waiting() {
    return this.#manager.engine?.transport?.ws?.bufferedAmount ?? 0;
  }
}
