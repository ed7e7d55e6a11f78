"""Who and what the demo school is made of; `demo` puts it into the database."""

from dataclasses import dataclass

from elearn.models import CourseState, Pattern, Role, Subject

HOST = "northfield.example"
TIME_ZONE = "Europe/Prague"


@dataclass(frozen=True)
class Person:
    username: str
    full_name: str
    role: Role
    tint: int
    bio: str = ""


@dataclass(frozen=True)
class Book:
    """Describe a course; days count from today, `students` is how many of the pupils are in it."""

    code: str
    title: str
    teacher: str
    subject: Subject
    cloth: int
    summary: str
    description: str
    students: int = 0
    pattern: Pattern | None = None
    starts: int | None = -79
    ends: int | None = 28
    state: CourseState = CourseState.PUBLISHED
    regulars: tuple[str, ...] = ()


STAFF = (
    Person("admin", "Astrid Holm", Role.ADMIN, 3, "Keeps the school's accounts in order."),
    Person("m.osei", "Martin Osei", Role.MANAGER, 5, "Plans the terms and looks after the timetable."),
    Person("ada.novak", "Ada Novak", Role.TEACHER, 4, "Astronomy and programming. Ask me about binoculars."),
    Person("jonas.weber", "Jonas Weber", Role.TEACHER, 6, "Geography and history, mostly outdoors."),
    Person("signe.lund", "Signe Lund", Role.TEACHER, 1, "Mathematics with pencils, paper and bread dough."),
    Person("lucia.ferrer", "Lucía Ferrer", Role.TEACHER, 3, "Spanish. We talk from the first minute."),
    Person("tomas.marin", "Tomás Marín", Role.TEACHER, 2, "Biology, and a window sill full of pots."),
    Person("priya.raman", "Priya Raman", Role.TEACHER, 5, "Music and drawing."),
    Person("grace.mbeki", "Grace Mbeki", Role.TEACHER, 2, "English: reading slowly, writing clearly."),
)

STUDENTS = (
    Person("ben.k", "Ben Kowalski", Role.STUDENT, 2, "Looking for a dark place with a wide sky."),
    Person("elif.aydin", "Elif Aydın", Role.STUDENT, 3),
    Person("chidi.okafor", "Chidi Okafor", Role.STUDENT, 6),
    Person("lea.brandt", "Lea Brandt", Role.STUDENT, 1),
    Person("ravi.c", "Ravi Chandra", Role.STUDENT, 5),
    Person("m.diallo", "Mireille Diallo", Role.STUDENT, 2),
    Person("yuki.sato", "Yuki Sato", Role.STUDENT, 4),
)

# The other pupils: every name is written out, so that the school is the same each time.
PUPILS = (
    "Aino Laine", "Amara Nwosu", "Anton Berg", "Aoife Byrne", "Arjun Mehta", "Bruno Costa", "Carmen Vidal",
    "Clara Hoffmann", "Dario Ricci", "Dina Haddad", "Edvin Dahl", "Elena Petrova", "Emil Krause", "Esra Demir",
    "Farid Rahimi", "Fatou Sow", "Felix Arnold", "Freya Olsen", "Gabriel Silva", "Greta Lindholm", "Hana Kim",
    "Hugo Moreau", "Ida Sørensen", "Imani Otieno", "Ines Duarte", "Jakub Zielinski", "Jana Horak", "Jiho Park",
    "Joana Rocha", "Kaan Yilmaz", "Karla Jensen", "Kofi Mensah", "Leila Nasser", "Leo Fischer", "Linh Tran",
    "Lukas Maier", "Maja Kovac", "Malik Traore", "Marta Nowak", "Matteo Greco", "Mia Wagner", "Milan Dvorak",
    "Nadia Rossi", "Nils Hansen", "Noor Ahmed", "Nora Virtanen", "Oscar Lopez", "Otto Falk", "Paula Simon",
    "Petra Vesely", "Quentin Roy", "Rania Saleh", "Rosa Pinto", "Samir Khan", "Sofia Markov", "Tariq Hamdan",
    "Tess de Vries", "Theo Martin", "Uma Iyer", "Vera Novotna", "Viktor Toth", "Wanjiru Kamau", "Wim Jansen",
    "Zoe Clarke",
)  # fmt: skip

BLOCKED = ("otto.falk", "Shares answers in the chat after three warnings")

NIGHT = Book(
    "NIGHT-24", "Observing the Night Sky", "ada.novak", Subject.SCIENCE, 1,
    "Find your way by eye, chart and binoculars.",
    """\
You need no telescope for this course. You need a warm coat, a place where you can see half of the sky, and the
patience to let your eyes grow used to the dark, which takes about twenty minutes.

## What you will be able to do

- find north at night, and tell how far north you are
- name fifteen stars and the constellations around them
- read a star chart, and turn it the right way for the hour
- estimate the brightness of a star by comparing it with its neighbours
- keep a log that somebody else can learn from

## How we work

We meet in the room **on Tuesdays and Thursdays**. I draw, you ask. Between the lessons you go outside for half
an hour: *what you saw with your own eyes counts more than what you read*.

> Clouds are no excuse. Write down that there were clouds, and when they left.

## What to bring

A red torch, a pencil, a hard cover to write on. Binoculars help, any pair will do.
""",
    48, Pattern.NIGHT,
    regulars=("ben.k", "elif.aydin", "chidi.okafor", "lea.brandt", "ravi.c", "m.diallo", "yuki.sato"),
)  # fmt: skip

BOOKS = (
    NIGHT,
    Book(
        "BIO-7", "Plants and their Cells", "tomas.marin", Subject.SCIENCE, 7,
        "From leaf to chloroplast, with a kitchen microscope.",
        """\
A leaf looks simple until you hold it against the light. We begin with what can be seen without any instrument,
and end inside a single cell.

1. **The leaf as a whole**: veins, edges, why some shine
2. **Peeling a layer**: onion skin, a drop of water, a cheap lens
3. **Inside**: walls, sap, and the green grains that eat light

You grow two beans on your window sill from the first week on. Do not give them names, one of them will be cut
up.
""",
        36, Pattern.LEAF, starts=-72, ends=35, regulars=("elif.aydin", "m.diallo"),
    ),
    Book(
        "MATH-6", "Fractions and Ratios", "signe.lund", Subject.MATHEMATICS, 3,
        "Pieces, parts and proportions, step by step.",
        """\
Half of the trouble with fractions is that they are several things at once: a piece, a division, a place on a
line, a comparison. We take them one at a time.

Each lesson starts with something to cut, pour or share, and ends with a page of practice. Recipes are welcome.
If a step is too fast, raise a hand: *somebody else is waiting for you to do it*.
""",
        62, starts=-79, ends=31, regulars=("ben.k", "chidi.okafor", "yuki.sato"),
    ),
    Book(
        "MUS-1", "Reading Music from Zero", "priya.raman", Subject.MUSIC, 5,
        "Notes, rests and rhythm in ten short lessons.",
        """\
Ten lessons of twenty minutes. At the end you can look at a simple tune that you have never heard, and clap it,
and then sing it.

You need no instrument. You need a table to tap on, and neighbours who forgive you.
""",
        41, starts=-44, ends=21, regulars=("lea.brandt",),
    ),
    Book(
        "GEO-8", "Rivers, Coasts, Mountains", "jonas.weber", Subject.GEOGRAPHY, 8,
        "How water and ice make a landscape.",
        """\
Every valley is an answer to a question about water. We learn to ask it, with maps, photographs from the air,
and one long walk in spring.

| part | what we look at |
|---|---|
| Rivers | why they bend, where they drop what they carry |
| Coasts | cliffs, bars, and who decides where the beach is |
| Mountains | what ice did, and how to see that it was there |
""",
        29, starts=53, ends=150, regulars=("ravi.c",),
    ),
    Book(
        "SPA-A2", "Spanish A2: Everyday Conversations", "lucia.ferrer", Subject.LANGUAGES, 4,
        "Talk about home, food, plans and the past.",
        """\
You know some Spanish and you do not dare to speak it: this course is for you. We speak in every lesson, in
pairs and all together, about things that really happen.

*En el mercado, en casa, ayer y mañana.* Mistakes are collected in a box, and the best one of the week wins.
""",
        55, starts=-72, ends=90, regulars=("ben.k", "lea.brandt", "m.diallo"),
    ),
    Book(
        "PY-1", "First Steps in Python", "ada.novak", Subject.COMPUTING, 6,
        "Small programs that do something useful.",
        """\
A program is a list of sentences that a very exact friend follows. We write short ones:

- one that sorts your photos by month
- one that counts the words of a letter
- one that tells when the Moon rises

```
for star in ["Dubhe", "Merak", "Phecda"]:
    print(star, "is in the Plough")
```

No mathematics beyond what you know, and no computer better than the one you have.
""",
        66, starts=-65, ends=42, regulars=("elif.aydin", "ravi.c", "yuki.sato"),
    ),
    Book(
        "ENG-5", "Writing a Good Paragraph", "grace.mbeki", Subject.LANGUAGES, 2,
        "One idea, one paragraph, clear sentences.",
        """\
One paragraph a week, written three times. The first time to find out what you think, the second time so that
somebody else can follow, the third time to take out what nobody needs.

We read each other's work aloud, kindly and exactly.
""",
        9, starts=-23, ends=63, regulars=("chidi.okafor",),
    ),
    Book(
        "HIS-9", "The Age of Sail", "jonas.weber", Subject.HISTORY, 1,
        "Ships, winds and the people who lived between them.",
        """\
Six voyages, told from the log books: who paid, who rowed, who was never asked. For each we draw the route, and
then ask what the map leaves out.
""",
        23, starts=-37, ends=40,
    ),
    Book(
        "ART-2", "Drawing What You See", "priya.raman", Subject.ARTS, 4,
        "Edges, spaces and light, with one pencil.",
        """\
Most of us draw what we know and not what we see. A cup from above, a shoe, your own hand: eight exercises that
make the eye slower than the pencil.
""",
        34, starts=-30, ends=26,
    ),
    Book(
        "STAT-1", "Numbers in the News", "signe.lund", Subject.MATHEMATICS, 8,
        "Averages, samples and charts that mislead.",
        """\
Each week one number from the newspaper. Where does it come from, what was counted, what was left out, and how
would a fair chart of it look? Bring your own finds.
""",
        18, starts=11, ends=95,
    ),
    Book(
        "CHEM-8", "Chemistry in the Kitchen", "tomas.marin", Subject.SCIENCE, 3,
        "Acids, sugars and heat, with things from the cupboard.",
        """\
Red cabbage tells sour from soapy. Sugar turns brown at a temperature that you can find. Bread rises, or it
does not, and both can be explained. Nothing in this course is dangerous, and most of it can be eaten.
""",
        27, starts=-16, ends=70,
    ),
    Book(
        "TEL-1", "Choosing a Telescope", "ada.novak", Subject.SCIENCE, 6,
        "What the numbers on the box mean.",
        "Aperture first, magnification last. A draft: the part about mounts is still missing.\n",
        state=CourseState.DRAFT, starts=60, ends=120,
    ),
    Book(
        "SUN-23", "Sundials and Calendars", "ada.novak", Subject.SCIENCE, 4,
        "Why noon is not always at twelve.",
        "We built eleven sundials, and nine of them are right. The pictures stay here.\n",
        26, state=CourseState.ARCHIVED, starts=-420, ends=-330, regulars=("ben.k", "ravi.c"),
    ),
)  # fmt: skip

# The chat of the Night Sky room: who, how many minutes before the last message, what.
CHAT = (
    ("ada.novak", 4330, "Tomorrow we read a star chart. Print the one for this month, or keep it on a second screen."),
    ("lea.brandt", 4318, "Is black and white good enough?"),
    ("ada.novak", 4317, "Better, even. You can draw on it."),
    ("chidi.okafor", 2890, "It was clear here until ten. I found the Plough, but it stood on its handle?"),
    ("ada.novak", 2884, "It turns around the Pole Star once a day. Look again in three hours."),
    ("elif.aydin", 1465, "Saw Jupiter and three of its moons with my uncle's binoculars. The fourth was hiding."),
    ("ravi.c", 1459, "Which one is the brightest of the four?"),
    ("elif.aydin", 1457, "I could not tell, they looked the same to me."),
    ("ada.novak", 1449, "Ganymede, by a little. Comparing two points of light is exactly what we practise next."),
    ("m.diallo", 32, "Will the lesson be kept? I have to leave ten minutes early."),
    ("ada.novak", 30, "The board and the chat stay here. I will write down what I say about the last example."),
    ("ben.k", 4, "Board is fine on my phone now, thank you."),
    ("yuki.sato", 0, "Same here."),
)  # fmt: skip

# The lessons that were held: days ago, title, minutes.
LESSONS = ((15, "Why the sky turns", 46), (8, "Finding the Plough", 52), (3, "Names and letters of stars", 44))

# The seven stars of the Plough and the Pole Star, as they stand on the board (x and y in 1/10000).
STARS = {
    "Alkaid": (1350, 3250), "Mizar": (2500, 2950), "Alioth": (3250, 3450), "Megrez": (4100, 3900),
    "Phecda": (4350, 5250), "Merak": (5900, 5350), "Dubhe": (6000, 3700), "Polaris": (7550, 1150),
}  # fmt: skip

# What people say about today: who, minutes ago, what.
STATUSES = (
    ("elif.aydin", 124, "Saw Jupiter and three of its moons with my uncle's binoculars. The fourth was hiding."),
    ("chidi.okafor", 311, "Anyone for a study call on ratios at 17:00?"),
    ("ada.novak", 1140, "Clear skies forecast for Tuesday. Bring a red torch and warm gloves."),
)
