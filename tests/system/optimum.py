"""What the best matching is worth, computed apart from the matching service.

The points follow the table in services/matching/README.md, written down a second time here, row by
row; the assignment is scipy's over all mentees and all places.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from tests.system.company import Company

PLACES = 2


def points(mentee: dict[str, str], mentor: dict[str, str]) -> int:
    """The points of one pair."""
    total = 15 if mentee["Department"] == mentor["Department"] else 0
    total += 30 if mentor["Department"] in mentee["Wanted"].split(";") else 0
    gap = int(mentor["JobLevel"]) - int(mentee["JobLevel"])
    total += {0: 0, 1: 20, 2: 20}.get(gap, 10)
    wishes = mentee["Interests"].split(";")
    enough = min(len(wishes), 3)
    shared = len(set(wishes) & set(mentor["Interests"].split(";")))
    total += 25 * min(shared, enough) // enough
    total += 10 if mentee["EducationField"] == mentor["EducationField"] else 0
    return total


def best_total(company: Company) -> tuple[int, int]:
    """How many pairs the best matching has, and how many points."""
    scores = np.array([[points(e, r) for r in company.mentors] for e in company.mentees])
    places = np.repeat(scores, PLACES, axis=1)
    rows, columns = linear_sum_assignment(places, maximize=True)
    return len(rows), int(places[rows, columns].sum())
