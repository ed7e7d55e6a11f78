// Made by `make words` from elearn/translations/; edit the catalogue, not this file.
export default {};
