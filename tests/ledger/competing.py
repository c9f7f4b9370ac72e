"""Run as a program: many processes claim the same keys at the same time; prints what each of them got.

`python competing.py sqlite PATH ROUNDS` or `python competing.py dynamodb TABLE ROUNDS`. It imports the ledger and no more, and its
children are forked, so that they weigh little; each makes its own ledger and shares nothing but the barrier.
"""

import json
import multiprocessing
import sys
from datetime import timedelta
from pathlib import Path

PROCESSES = 32
PATIENCE_S = 120


def open_ledger(kind, where):
    if kind == "sqlite":
        from notifyhub.ledger.sqlite import SqliteLedger

        return SqliteLedger(Path(where))
    from notifyhub.clients.aws import AwsClients
    from notifyhub.ledger.dynamodb import DynamoDbLedger

    client = AwsClients().get("dynamodb", attempts=1, timeout_s=PATIENCE_S)
    return DynamoDbLedger(where, client, keep=timedelta(days=1))


def compete(number, barrier, report):
    kind, where, rounds = sys.argv[1:]
    ledger = open_ledger(kind, where)
    states = []
    for turn in range(int(rounds)):
        barrier.wait(PATIENCE_S)
        states.append(ledger.claim(f"key {turn}", owner=f"owner {number}", lease=3600).state)
    report.put(states)


def main():
    open_ledger(*sys.argv[1:3])  # for the imports, once for all
    context = multiprocessing.get_context("fork")
    barrier, report = context.Barrier(PROCESSES), context.SimpleQueue()
    processes = [context.Process(target=compete, args=(n, barrier, report), daemon=True) for n in range(PROCESSES)]
    for process in processes:
        process.start()
    everyone = [report.get() for _ in processes]
    sys.stdout.write(json.dumps(list(zip(*everyone, strict=True))))


if __name__ == "__main__":
    main()
