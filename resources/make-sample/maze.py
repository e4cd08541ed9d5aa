"""A SIMULATED maze study with known coefficients, as a table.

A mouse starts in the lower left corner of a maze without loops. It was trained to go to the upper right
corner and now finds cheese somewhere else. Where the ways to the cheese and to the corner part, at the
decision square, it must choose. Mazes and distances are real geometry; the choice is drawn from a
logistic model whose coefficients stand below, so that a regression on the table has a known answer.

    python maze.py            writes ../sample/maze.csv
"""

import math
import random
from pathlib import Path

SEED, ROWS, SIZES = 20230420, 3_000, (5, 7, 9, 11, 13, 15)
INTERCEPT = 4.2
COEFFICIENTS = {  # on the log odds that the mouse gets the cheese, per step or per square
    "steps_cheese_decision": -0.06,
    "euclid_cheese_decision": -0.15,
    "euclid_cheese_corner": -0.25,
}
COLUMNS = [
    "maze", "size", "steps_cheese_decision", "steps_decision_corner", "steps_cheese_corner",
    "euclid_cheese_decision", "euclid_decision_corner", "euclid_cheese_corner", "got_cheese",
]
NOTE = f"""A SIMULATED study: no mouse and no trained policy was observed. Made by make-sample/maze.py, seed {SEED}.
One row is one maze without loops in which the way to the cheese leaves the way to the upper right corner at a decision square.
Distances are counted in squares. The outcome is drawn with log odds of
{INTERCEPT} - 0.06 steps_cheese_decision - 0.15 euclid_cheese_decision - 0.25 euclid_cheese_corner; the other columns have no effect.
In a maze without loops steps_cheese_corner = steps_cheese_decision + steps_decision_corner holds exactly."""


def carve(source, size):
    """A random maze by depth-first search: the neighbours that each cell is open to."""
    open_to = {(0, 0): []}
    stack = [(0, 0)]
    while stack:
        x, y = stack[-1]
        free = [
            cell
            for cell in ((x + 1, y), (x - 1, y), (x, y + 1), (x, y - 1))
            if 0 <= cell[0] < size and 0 <= cell[1] < size and cell not in open_to
        ]
        if not free:
            stack.pop()
            continue
        cell = source.choice(free)
        open_to[cell] = [(x, y)]
        open_to[(x, y)].append(cell)
        stack.append(cell)
    return open_to


def path(open_to, goal):
    """The only way from the start to `goal`."""
    before = {(0, 0): None}
    queue = [(0, 0)]
    for cell in queue:
        for other in open_to[cell]:
            if other not in before:
                before[other] = cell
                queue.append(other)
    way = [goal]
    while before[way[-1]] is not None:
        way.append(before[way[-1]])
    return way[::-1]


def observe(source, number):
    """One row, or nothing where the mouse has no choice to make."""
    size = source.choice(SIZES)
    corner = (size - 1, size - 1)
    open_to = carve(source, size)
    cheese = (source.randrange(size), source.randrange(size))
    to_cheese, to_corner = path(open_to, cheese), path(open_to, corner)
    shared = sum(a == b for a, b in zip(to_cheese, to_corner))
    if shared in (len(to_cheese), len(to_corner)):
        return None
    decision = to_corner[shared - 1]
    row = {
        "maze": number,
        "size": size,
        "steps_cheese_decision": len(to_cheese) - shared,
        "steps_decision_corner": len(to_corner) - shared,
        "euclid_cheese_decision": math.dist(cheese, decision),
        "euclid_decision_corner": math.dist(decision, corner),
        "euclid_cheese_corner": math.dist(cheese, corner),
    }
    row["steps_cheese_corner"] = row["steps_cheese_decision"] + row["steps_decision_corner"]
    # The outcome is drawn from the numbers as they are printed.
    row = {name: round(value, 6) for name, value in row.items()}
    odds = INTERCEPT + sum(beta * row[name] for name, beta in COEFFICIENTS.items())
    row["got_cheese"] = int(source.random() < 1 / (1 + math.exp(-odds)))
    return row


def write(file):
    source = random.Random(SEED)
    lines, number = [], 0
    while len(lines) < ROWS:
        number += 1
        row = observe(source, number)
        if row:
            lines.append(",".join(str(row[name]) for name in COLUMNS))
    head = [f"# {line}" for line in NOTE.splitlines()] + [",".join(COLUMNS)]
    file.write_text("\n".join(head + lines) + "\n")


if __name__ == "__main__":
    write(Path(__file__).resolve().parent.parent / "sample" / "maze.csv")
