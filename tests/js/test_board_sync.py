"""The board and a line that gets lost: nothing is lost or doubled, and undo takes back only one's own."""

import pytest
from board_room import open_board_page, run
from module_page import ModulePage

pytestmark = pytest.mark.browser

# People without a document: what they hold is a Sync on a room without a network.
PEOPLE = """
const room = new FakeRoom({backgrounds: ["white", "squared"], limit: arg?.limit ?? 500});
const person = async (id, {join = true} = {}) => {
  const link = room.link({id, name: id});
  const heard = {refused: []};
  const sync = new Sync({link, room: "r1", me: {id, name: id}, onChange: () => {}, onPages: () => {}, onState: () => {},
    onBatches: () => {}, onRefused: (error) => heard.refused.push(error.code)});
  if (join) await sync.join();
  return {id, link, sync, heard};
};
const line = (id, more = {}) => ({op: "add", object: {id, kind: "line", z: 1, color: "black", width: 2, dash: 0,
                                                     x1: 0, y1: 0, x2: 100, y2: 100, ...more}});
const seenBy = ({sync}, page = sync.page) => sync.replica(page).list.map(({id}) => id).join(" ");
const truth = (page = "page-1") => canonical(room.pages.get(page).objects.values());
const same = (...people) => people.every(({sync}) => !sync.outbox.size &&
  canonical(sync.replica("page-1").objects.values()) === truth());
const asked = (id, name) =>
  room.calls.filter(({user, event}) => user === id && event === name).map(({payload}) => payload);
"""


def test_undo_takes_back_only_ones_own_last_action(module_page: ModulePage) -> None:
    open_board_page(module_page)
    seen = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada"), ben = await person("ben");
        ada.sync.act([line("line-ada")]);
        ben.sync.act([line("line-ben")]);
        await until(() => same(ada, ben) && seenBy(ada) === "line-ada line-ben");
        ada.sync.undo();
        await until(() => same(ada, ben) && seenBy(ben) === "line-ben");
        const again = ada.sync.undo();
        ada.sync.redo();
        await until(() => same(ada, ben) && seenBy(ben) === "line-ada line-ben");
        return {again, more: ada.sync.redo()};
        """,
    )
    assert seen == {"again": False, "more": False}


def test_undo_leaves_what_others_changed_or_erased(module_page: ModulePage) -> None:
    open_board_page(module_page)
    left = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada"), ben = await person("ben");
        ada.sync.act([line("line-one")]);
        ada.sync.act([line("line-two")]);
        ada.sync.act([line("line-three")]);
        await until(() => same(ada, ben));
        ada.sync.act([{op: "set", id: "line-one", color: "red", x1: 5}]);
        await until(() => same(ada, ben));
        ben.sync.act([{op: "set", id: "line-one", color: "green"}]);
        ben.sync.act([{op: "set", id: "line-three", x2: 7}]);
        ben.sync.act([{op: "delete", id: "line-two"}]);
        await until(() => same(ada, ben));
        const steps = [];
        while (ada.sync.undo()) {
          await until(() => same(ada, ben));
          steps.push(JSON.parse(truth()).map(({id, color, x1, x2}) => [id, color, x1, x2].join(" ")));
        }
        return steps;
        """,
    )
    # Only the place of line-one comes back: its colour is Ben's. Ben changed line-three and erased line-two.
    assert left == [["line-one green 0 100", "line-three black 0 7"]]


def test_undo_of_erasing_brings_the_object_back_and_is_idempotent(module_page: ModulePage) -> None:
    open_board_page(module_page)
    result = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada"), ben = await person("ben");
        ben.sync.act([line("line-one", {color: "red"}), line("line-two")]);
        await until(() => same(ada, ben) && seenBy(ada) === "line-one line-two");
        ada.sync.act([{op: "clear"}]);
        await until(() => same(ada, ben) && seenBy(ben) === "");
        for (let at = 0; at < 100; at += 1) { ada.sync.undo(); ada.sync.redo(); }
        ada.sync.undo();
        ada.sync.undo();
        await until(() => same(ada, ben));
        return JSON.parse(truth()).map(({id, color}) => `${id} ${color}`);
        """,
    )
    assert result == ["line-one red", "line-two black"]


def test_what_was_drawn_without_a_line_is_sent_once_in_order(module_page: ModulePage) -> None:
    open_board_page(module_page)
    result = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada"), ben = await person("ben");
        ada.link.loseAnswers = 1;
        ada.link.deaf = true;
        ada.sync.act([line("line-one")]);
        await sleep(30);
        ada.link.connected = false;
        ada.sync.act([line("line-two")]);
        ada.sync.act([{op: "set", id: "line-two", color: "red"}]);
        const waiting = ada.sync.outbox.size;
        ben.sync.act([line("line-ben")]);
        await sleep(50);
        ada.link.connected = true;
        ada.link.deaf = false;
        await ada.sync.join();
        await until(() => same(ada, ben));
        const sent = asked("ada", "ops").map(({cid}) => cid);
        return {waiting, batches: room.pages.get("page-1").batches.map(({by}) => by), different: new Set(sent).size,
                again: sent.length > 3, one: truth().includes('"color":"red"')};
        """,
    )
    assert result == {"waiting": 3, "batches": ["ada", "ben", "ada", "ada"], "different": 3, "again": True, "one": True}


def test_lost_broadcasts_are_noticed_by_gap_and_by_beat(module_page: ModulePage) -> None:
    open_board_page(module_page)
    opened = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada"), ben = await person("ben");
        ben.link.deaf = true;
        ada.sync.act([line("line-one")]);
        await until(() => same(ada));
        ben.link.deaf = false;
        ada.sync.act([line("line-two")]);
        await until(() => same(ada, ben));
        ben.link.deaf = true;
        ada.sync.act([line("line-three")]);
        await until(() => same(ada));
        const before = seenBy(ben);
        ben.sync.beat({"page-1": room.pages.get("page-1").rev});
        await until(() => same(ada, ben));
        return [before, ...asked("ben", "open").map(({after}) => after)];
        """,
    )
    assert opened == ["line-one line-two", 0, 2]


@pytest.mark.parametrize("code", ["forbidden", "invalid", "full"])
def test_refused_batch_is_rolled_back_and_told(module_page: ModulePage, code: str) -> None:
    open_board_page(module_page)
    result = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada");
        ada.sync.act([line("line-one")]);
        await until(() => same(ada));
        ada.link.refuse = arg.code;
        ada.sync.act([line("line-two")]);
        const shown = seenBy(ada);
        await until(() => ada.heard.refused.length);
        const left = seenBy(ada);
        ada.link.refuse = null;
        ada.sync.undo();
        await until(() => same(ada));
        return {shown, left, refused: ada.heard.refused, pending: ada.sync.outbox.size, end: seenBy(ada)};
        """,
        {"code": code},
    )
    # The undo passes over what never happened.
    assert result == {"shown": "line-one line-two", "left": "line-one", "refused": [code], "pending": 0, "end": ""}


def test_full_page_loses_its_oldest_on_every_screen(module_page: ModulePage) -> None:
    open_board_page(module_page)
    seen = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada"), ben = await person("ben");
        for (const name of ["line-one", "line-two", "line-three", "line-four"]) ada.sync.act([line(name)]);
        await until(() => same(ada, ben));
        return [seenBy(ada), seenBy(ben)];
        """,
        {"limit": 3},
    )
    assert seen == ["line-four line-three line-two"] * 2


def test_large_action_goes_out_in_batches_and_is_one_undo(module_page: ModulePage) -> None:
    open_board_page(module_page)
    result = run(
        module_page,
        PEOPLE
        + """
        const ada = await person("ada");
        const points = Array.from({length: 1000}, (_, at) => at ? 1 : 0);
        const stroke = (at) => ({id: `stroke-${at}`, kind: "pen", z: at, color: "red", width: 1, points});
        ada.sync.act(Array.from({length: 250}, (_, at) => ({op: "add", object: stroke(at)})));
        await until(() => same(ada));
        const sizes = room.pages.get("page-1").batches.map(({ops}) => ops.length);
        const letters = Math.max(...asked("ada", "ops").map((payload) => JSON.stringify(payload).length));
        ada.sync.undo();
        await until(() => same(ada));
        return {count: sizes.reduce((a, b) => a + b), most: Math.max(...sizes), letters, left: seenBy(ada)};
        """,
    )
    assert result["count"] == 250
    assert result["most"] <= 100
    assert result["letters"] <= 64 * 1024
    assert result["left"] == ""


def test_five_boards_on_a_bad_line_end_with_the_same_page(module_page: ModulePage) -> None:
    open_board_page(module_page)
    result = run(
        module_page,
        PEOPLE
        + """
        const people = [];
        for (const id of ["ada", "ben", "cem", "dina"]) people.push(await person(id));
        let serial = 0;
        for (let round = 0; round < 60; round += 1) {
          if (round === 30) people.push(await person("eli"));
          const {sync, link, id} = people[round * 7 % people.length];
          link.deaf = round % 5 === 0;
          if (round % 11 === 0) link.loseAnswers = 1;
          const objects = sync.replica("page-1").list;
          const some = objects[round % objects.length]?.id;
          if (round % 6 === 5) sync.undo();
          else if (round % 4 === 3 && some) sync.act([{op: "delete", id: some}]);
          else if (round % 4 === 2 && some) sync.act([{op: "set", id: some, x1: round}]);
          else sync.act([line(`line-${id}-${serial += 1}`)]);
          await sleep(8);
        }
        for (const {link} of people) link.deaf = false;
        await until(() => people.every(({sync}) => !sync.outbox.size));
        for (const {sync} of people) sync.beat({"page-1": room.pages.get("page-1").rev});
        await until(() => same(...people));
        return {people: people.length, revs: new Set(people.map(({sync}) => sync.replica("page-1").rev)).size};
        """,
    )
    assert result == {"people": 5, "revs": 1}
