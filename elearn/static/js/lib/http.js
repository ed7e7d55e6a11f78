// The only fetch: JSON in and out, the CSRF token of the page, and problem+json as an Error.
import { t } from "./words.js";

/** What went wrong: `status` (0 when the line is down), `code`, `errors` by field, and the sentence as `message`. */
export class HttpError extends Error {
  constructor(message, { status = 0, code = "unknown", errors = {}, data = null } = {}) {
    super(message);
    this.name = "HttpError";
    Object.assign(this, { status, code, errors, data });
  }
}

const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function read(response) {
  if (response.status === 204) return null;
  const kind = response.headers.get("Content-Type") ?? "";
  if (!/\bjson\b/.test(kind)) return response.text();
  try {
    return await response.json();
  } catch {
    return null;
  }
}

/** Send a request. `body` becomes JSON unless it is FormData, a Blob or an ArrayBuffer. */
export async function request(method, url, { body, headers = {}, signal, keepalive } = {}) {
  const all = new Headers({ Accept: "application/json", ...headers });
  if (!["GET", "HEAD"].includes(method)) all.set("X-CSRFToken", token());
  let content = body;
  const raw = body instanceof FormData || body instanceof Blob || body instanceof ArrayBuffer || ArrayBuffer.isView(body);
  if (body !== undefined && !raw) {
    all.set("Content-Type", "application/json");
    content = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(url, { method, body: content, headers: all, signal, keepalive, credentials: "same-origin" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new HttpError(t("The school cannot be reached. Check your connection and try again."), { code: "offline" });
  }
  const data = await read(response);
  if (response.ok) return data;
  const problem = data && typeof data === "object" ? data : {};
  throw new HttpError(problem.detail || problem.title || t("That did not work. Try again."), {
    status: response.status,
    code: problem.code ?? "unknown",
    errors: problem.errors ?? {},
    data: problem,
  });
}

export const get = (url, options) => request("GET", url, options);
export const post = (url, body, options) => request("POST", url, { ...options, body });
export const put = (url, body, options) => request("PUT", url, { ...options, body });
export const patch = (url, body, options) => request("PATCH", url, { ...options, body });
export const remove = (url, options) => request("DELETE", url, options);
