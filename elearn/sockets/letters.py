"""What people write at the same moment shares one transaction: whoever comes first carries for all who wait."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import chain, repeat
from uuid import UUID

from elearn.errors import Unavailable
from elearn.services.chat import Answer, Letter, Payload

MOST = 64  # letters in one transaction: the last of them waits for the first
SECOND_LOOK = 1.0  # seconds; should whoever was called to carry be gone, another one does

Carry = Callable[[Sequence[tuple[UUID, Letter]]], Sequence[Answer]]


@dataclass(slots=True, eq=False)
class Place:
    """Stand in line with a letter until there is an answer."""

    sign_in_id: UUID
    letter: Letter
    called: threading.Event = field(default_factory=threading.Event)
    answer: Answer | None = None


class Letterbox:
    """Carry letters in groups, in the order in which they came; each sender waits for the answer to their own."""

    def __init__(self, carry: Carry) -> None:
        self._carry = carry
        self._line: deque[Place] = deque()
        self._carrying = threading.Lock()

    def send(self, sign_in_id: UUID, letter: Letter) -> Payload:
        """Return the message once it is stored, or raise the reason why it is not."""
        place = Place(sign_in_id, letter)
        self._line.append(place)
        while place.answer is None:
            if self._carrying.acquire(blocking=False):
                self._carry_next()
            else:
                place.called.wait(SECOND_LOOK)
                place.called.clear()
        if isinstance(place.answer, Exception):
            raise place.answer
        return place.answer

    def _carry_next(self) -> None:
        """Carry one group and call its people, whatever happens; then call whoever is next to carry."""
        group: list[Place] = []
        answers: Sequence[Answer] = ()
        try:
            time.sleep(0)  # what has arrived by now comes along; with nothing else to do this is no wait
            group = [self._line.popleft() for _ in range(min(MOST, len(self._line)))]
            answers = self._carry([(place.sign_in_id, place.letter) for place in group])
        finally:
            # Who got no answer had bad luck with the group: the error itself goes to the one who carried.
            for place, answer in zip(group, chain(answers, repeat(Unavailable())), strict=False):
                place.answer = answer
                place.called.set()
            self._carrying.release()
            if self._line:
                self._line[0].called.set()
