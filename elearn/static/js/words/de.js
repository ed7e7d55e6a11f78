// Made by `make words` from elearn/translations/: edit the catalogue there.
export default {
  "Notifications, %(num)s unread": [
    "",
    ""
  ]
};
