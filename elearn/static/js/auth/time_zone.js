// Fills the hidden field with the time zone of the browser.

export default class TimeZone {
  constructor(input) {
    input.value = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "";
  }
}
