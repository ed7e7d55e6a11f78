// The region of messages: what the server wrote leaves like any other toast. Reads: .toast-item[data-toast].
import { retire } from "../lib/toast.js";

export default class Toasts {
  constructor(element) {
    for (const item of element.querySelectorAll("[data-toast]")) retire(item);
  }
}
