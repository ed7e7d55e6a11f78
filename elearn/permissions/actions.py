from enum import Enum


class Action(Enum):
    """Name everything that somebody may or may not do."""

    # The school
    SEE_SCHOOL_NUMBERS = "See how many people and courses the school has, and who is new"
    SEE_OUTBOX = "See which emails wait, went out or failed, and send them again"
    SEE_ACTIVITY = "See who did what, in the activity log"
    # People
    SEARCH_PEOPLE = "Search the people of the school"
    OVERSEE_PEOPLE = "Oversee all people: their addresses, states and activity"
    CREATE_PERSON = "Create an account for somebody, with this role"
    GRANT_ROLE = "Give somebody this role"
    CHANGE_PERSON = "Change somebody's role, block and unblock them, reset their password, approve them"
    INVITE = "Invite somebody with this role"
    MANAGE_INVITATION = "See an invitation, send it again, revoke or delete it"
    SEE_PROFILE = "See a person's profile"
    SEE_PHOTOS = "See the photos of people"
    EDIT_PROFILE = "Change a person's name, bio, photo and preferences, export the data, delete the account"
    POST_STATUS = "Say on the home pages what one is doing today"
    SEE_FEED = "Read what the others say about today"
    EDIT_STATUS = "Change a status"
    DELETE_STATUS = "Delete a status"
    # Courses
    BROWSE_CATALOGUE = "Browse and search the published courses"
    CREATE_COURSE = "Create a course"
    SEE_COURSE = "See a course's page"
    EDIT_COURSE = "Change a course's text and dates"
    PUBLISH_COURSE = "Publish a course, archive it, or take it back"
    DELETE_COURSE = "Delete a course with all that is in it"
    ENROL = "Enrol in a course"
    LEAVE = "Leave a course"
    SEE_STUDENTS = "See the students of a course, with their addresses"
    MANAGE_STUDENTS = "Add, remove, block and unblock students of a course"
    # The live room
    ENTER_ROOM = "Enter the live room, read its chat and board, hear its voices"
    WRITE_MESSAGE = "Write in the chat"
    DELETE_MESSAGE = "Delete a chat message"
    RAISE_HAND = "Raise a hand"
    DRAW = "Draw on the board"
    SPEAK = "Speak in the room"
    LEAD_ROOM = "Start and end lessons, grant rights, turn pages, clear the board, remove people"
