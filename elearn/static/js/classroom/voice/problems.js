/** What can go wrong with voice, as codes for programs and sentences for people. */
import { t } from "../../lib/words.js";

const SENTENCES = {
  microphone_refused: t("Your browser does not allow the microphone here. Allow it beside the address, then turn your voice on again."),
  no_microphone: t("No microphone was found. Connect one, then turn your voice on again."),
  microphone_busy: t("The microphone does not answer. Close other programs that use it, then turn your voice on again."),
  microphone_lost: t("The microphone was disconnected. Connect it, then turn your voice on again."),
  insecure_page: t("The microphone works only on a secure page. Open this page with https."),
  nothing_heard: t("Nothing is heard from your microphone. Check that it is not muted and that the right one is chosen."),
  no_right: t("You may not speak in this room now. Raise your hand to ask."),
  full: t("Too many people speak in this room at once. Try again when somebody has finished."),
  voice_stopped: t("The room has turned your voice off. Turn it on again, or raise your hand to ask."),
  start_failed: t("Your voice could not be turned on. Try again in a moment."),
  listen_failed: t("Sound could not be turned on. Try again in a moment."),
  sound_blocked: t("Your browser blocks sound until you ask for it. Press the button for sound."),
  no_audio: t("This browser cannot play or record voice. Use a current Chrome, Edge, Firefox or Safari."),
  cannot_hear: t("This browser cannot play this voice. Use a current Chrome, Edge, Firefox or Safari to hear it."),
};

const BY_EXCEPTION = {
  NotAllowedError: "microphone_refused",
  SecurityError: "microphone_refused",
  NotFoundError: "no_microphone",
  OverconstrainedError: "no_microphone",
  NotReadableError: "microphone_busy",
  AbortError: "microphone_busy",
};

export function problem(code) {
  return Object.freeze({ code, message: SENTENCES[code] });
}

/** The problem behind an exception of the browser or an error of the server. */
export function problemOf(error, otherwise) {
  if (error?.code in SENTENCES) return problem(error.code);
  if (error?.code === "forbidden") return problem("no_right");
  if (error instanceof DOMException && error.name in BY_EXCEPTION) return problem(BY_EXCEPTION[error.name]);
  return problem(otherwise);
}

/** Throw this where a problem is found below the controller. */
export class VoiceError extends Error {
  constructor(code) {
    super(SENTENCES[code]);
    this.code = code;
  }
}
