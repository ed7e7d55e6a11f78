from enum import Enum

from elearn.languages import marked


class Action(Enum):
    """Name everything that somebody may or may not do."""

    # The school
    SEE_SCHOOL_NUMBERS = marked("See how many people and courses the school has, and who is new")
    SEE_OUTBOX = marked("See which emails wait, went out or failed, and send them again")
    SEE_ACTIVITY = marked("See who did what, in the activity log")
    # People
    SEARCH_PEOPLE = marked("Search the people of the school")
    OVERSEE_PEOPLE = marked("Oversee all people: their addresses, states and activity")
    CREATE_PERSON = marked("Create an account for somebody, with this role")
    GRANT_ROLE = marked("Give somebody this role")
    CHANGE_PERSON = marked("Change somebody's role, block and unblock them, reset their password, approve them")
    INVITE = marked("Invite somebody with this role")
    MANAGE_INVITATION = marked("See an invitation, send it again, revoke or delete it")
    SEE_PROFILE = marked("See a person's profile")
    SEE_PHOTOS = marked("See the photos of people")
    EDIT_PROFILE = marked("Change a person's name, bio, photo and preferences, export the data, delete the account")
    POST_STATUS = marked("Say on the home pages what one is doing today")
    SEE_FEED = marked("Read what the others say about today")
    EDIT_STATUS = marked("Change a status")
    DELETE_STATUS = marked("Delete a status")
    # Courses
    BROWSE_CATALOGUE = marked("Browse and search the published courses")
    CREATE_COURSE = marked("Create a course")
    SEE_COURSE = marked("See a course's page")
    EDIT_COURSE = marked("Change a course's text and dates")
    PUBLISH_COURSE = marked("Publish a course, archive it, or take it back")
    DELETE_COURSE = marked("Delete a course with all that is in it")
    ENROL = marked("Enrol in a course")
    LEAVE = marked("Leave a course")
    SEE_STUDENTS = marked("See the students of a course, with their addresses")
    MANAGE_STUDENTS = marked("Add, remove, block and unblock students of a course")
    # The live room
    ENTER_ROOM = marked("Enter the live room, read its chat and board, hear its voices")
    WRITE_MESSAGE = marked("Write in the chat")
    DELETE_MESSAGE = marked("Delete a chat message")
    RAISE_HAND = marked("Raise a hand")
    DRAW = marked("Draw on the board")
    SPEAK = marked("Speak in the room")
    LEAD_ROOM = marked("Start and end lessons, grant rights, turn pages, clear the board, remove people")
