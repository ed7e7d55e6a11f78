"""Whatever is drawn, lost, reordered and undone: in the end every page is the page of the server."""

import pytest
from board_room import open_board_page, run
from module_page import ModulePage

pytestmark = pytest.mark.browser

# Five clients draw at random on replicas; the network loses, delays and reorders; some come late or lose the line and
# start from a snapshot. Then everybody catches up once, and all pages are compared as canonical JSON.
HISTORIES = """
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
const seen = {gaps: 0, undone: 0, redone: 0, refused: 0, late: 0, resent: 0, evicted: 0};

function history(seed, actions) {
  const random = generator(seed);
  const whole = (below) => Math.floor(random() * below);
  const room = new FakeRoom({limit: 40});
  const page = "page-1";
  const stored = room.pages.get(page);
  let serial = 0;
  const clients = Array.from({length: 5}, (_, at) => ({
    id: `user-${at}`, replica: new Replica(page), history: new History(), inbox: [], outbox: [],
    late: at > 2 ? 20 + whole(actions) : 0,
  }));
  room.send = (event, batch) => {
    for (const client of clients) {
      if (!client.replica.known && random() < 0.5) continue;
      if (random() < 0.12) continue;
      client.inbox.push(structuredClone(batch));
      if (client.inbox.length > 1 && random() < 0.15) client.inbox.push(client.inbox.splice(-2, 1)[0]);
    }
  };
  const snapshot = (client) => client.replica.load(structuredClone([...stored.objects.values()]), stored.rev);
  const catchUp = (client) => {
    const missed = stored.batches.filter(({rev}) => rev > client.replica.rev);
    for (const batch of structuredClone(missed)) client.replica.receive(batch);
  };
  const receive = (client) => {
    const batch = client.inbox.shift();
    if (!batch) return;
    client.replica.receive(batch);
    if (client.replica.known && client.replica.hasGap) {
      seen.gaps += 1;
      if (random() < 0.5) catchUp(client);
    }
  };
  const deliver = (client) => {
    const batch = client.outbox[0];
    if (!batch) return;
    if (random() < 0.05) {
      seen.refused += 1;
      client.outbox.shift();
      client.replica.reject(batch.cid);
      client.history.forget(batch.cid);
      return;
    }
    const answer = room.apply(page, client.id, batch.cid, structuredClone(batch.ops));
    if (random() < 0.15) { seen.resent += 1; return; }
    client.outbox.shift();
    client.replica.acknowledge(batch.cid, answer.rev);
  };
  const send = (client, ops) => {
    const before = client.replica.objects;
    const cid = `cid-${seed}-${serial += 1}`;
    client.replica.propose(cid, ops, client.id);
    client.outbox.push({cid, ops});
    const ids = new Set(ops.flatMap((op) => op.op === "clear" ? [...before.keys()] : [op.object?.id ?? op.id]));
    return [[cid], stepsBetween(before, client.replica.objects, ids)];
  };
  const act = (client) => {
    const ids = [...client.replica.objects.keys()];
    const some = ids[whole(ids.length)];
    const chance = random();
    if (chance < 0.12) {
      const ops = client.history.undo(client.replica.objects);
      if (ops) { seen.undone += 1; client.history.undone(...send(client, ops)); }
    } else if (chance < 0.18) {
      const ops = client.history.redo(client.replica.objects);
      if (ops) { seen.redone += 1; client.history.redone(...send(client, ops)); }
    } else if (chance < 0.6 || !some) {
      const id = `object-${seed}-${serial += 1}`;
      const place = {x1: whole(9999), y1: 1, x2: 2, y2: 3};
      const object = {id, kind: "line", z: client.replica.top + 1, color: "blue", width: 2, dash: 0, ...place};
      client.history.record(...send(client, [{op: "add", object: {...object, by: client.id}}]));
    } else if (chance < 0.85) {
      const changes = random() < 0.5 ? {x1: whole(9999), y1: whole(9999)} : {color: ["red", "green"][whole(2)]};
      client.history.record(...send(client, [{op: "set", id: some, ...changes}]));
    } else if (chance < 0.985) {
      client.history.record(...send(client, [{op: "delete", id: some}]));
    } else {
      client.history.record(...send(client, [{op: "clear"}]));
    }
  };
  for (const client of clients) if (!client.late) snapshot(client);
  for (let at = 0; at < actions * clients.length; at += 1) {
    const client = clients[whole(clients.length)];
    if (!client.replica.known) {
      if (at < client.late) continue;
      seen.late += 1;
      snapshot(client);
    }
    act(client);
    for (const other of clients) {
      if (random() < 0.5) receive(other);
      if (random() < 0.5) deliver(other);
    }
    if (random() < 0.01) { client.inbox = []; snapshot(client); }
  }
  for (const client of clients) {
    if (!client.replica.known) snapshot(client);
    while (client.outbox.length) deliver(client);
  }
  for (const client of clients) {
    while (client.inbox.length) receive(client);
    catchUp(client);
  }
  seen.evicted += stored.batches.flatMap(({ops}) => ops).filter(({op, id}) => op === "delete" && id).length;
  const truth = canonical(stored.objects.values());
  return clients.every(({replica}) => canonical(replica.objects.values()) === truth && replica.rev === stored.rev);
}
"""


def test_random_histories_converge(module_page: ModulePage) -> None:
    open_board_page(module_page)
    result = run(
        module_page,
        HISTORIES
        + """
        const wrong = [];
        for (let seed = 1; seed <= arg; seed += 1) if (!history(seed, 60)) wrong.push(seed);
        return {wrong, seen};
        """,
        150,
    )
    assert result["wrong"] == []
    # A history in which nothing went wrong would prove nothing.
    assert all(count > 50 for count in result["seen"].values()), result["seen"]


@pytest.mark.parametrize(
    ("ops", "left"),
    [
        ([{"op": "delete", "id": "line-0001"}, {"op": "set", "id": "line-0001", "color": "red"}], []),
        (
            [
                {"op": "set", "id": "line-0001", "color": "red", "id2": 1},
                {"op": "set", "id": "line-0001", "color": "green"},
            ],
            ["green"],
        ),
        ([{"op": "add", "object": {"id": "line-0001", "kind": "line", "z": 9, "color": "red"}}], ["black"]),
        (
            [{"op": "clear"}, {"op": "add", "object": {"id": "line-0002", "kind": "line", "z": 1, "color": "red"}}],
            ["red"],
        ),
        ([{"op": "set", "id": "nowhere-1", "color": "red"}, {"op": "delete", "id": "nowhere-1"}], ["black"]),
    ],
)
def test_server_order_decides(module_page: ModulePage, ops: list[dict[str, object]], left: list[str]) -> None:
    open_board_page(module_page)
    colors = run(
        module_page,
        """
        const replica = new Replica("p");
        replica.load([{id: "line-0001", kind: "line", z: 1, by: "ada", color: "black"}], 3);
        arg.forEach((op, at) => replica.receive({rev: 4 + at, by: "ben", cid: `cid-${at}`, ops: [op]}));
        return replica.list.map(({color}) => color);
        """,
        ops,
    )
    assert colors == left


def test_own_change_shows_at_once_and_goes_when_refused(module_page: ModulePage) -> None:
    open_board_page(module_page)
    shown = run(
        module_page,
        """
        const replica = new Replica("p");
        replica.load([{id: "line-0001", kind: "line", z: 1, by: "ben", color: "black"}], 3);
        const colors = () => replica.list.map(({color}) => color);
        const all = [];
        replica.propose("cid-1", [{op: "set", id: "line-0001", color: "red"}], "ada");
        all.push(colors());
        replica.receive({rev: 4, by: "ben", cid: "cid-2", ops: [{op: "set", id: "line-0001", color: "green"}]});
        all.push(colors());
        replica.reject("cid-1");
        all.push(colors());
        return all;
        """,
    )
    assert shown == [["red"], ["red"], ["green"]]
