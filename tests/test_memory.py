"""The bounded memory of results."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from digest.memory import Memory, forget_everything


def test_what_was_not_asked_for_the_longest_is_forgotten_first() -> None:
    memory: Memory[int, str] = Memory(2)
    memory.put(1, "one")
    memory.put(2, "two")
    assert memory.get(1) == "one"
    memory.put(3, "three")
    assert (memory.get(1), memory.get(2), memory.get(3)) == ("one", None, "three")
    assert list(memory) == [1, 3]


def test_it_stays_within_its_bound_with_many_threads() -> None:
    memory: Memory[int, int] = Memory(10)

    def use(start: int) -> None:
        for number in range(start, start + 2_000):
            memory.put(number, number)
            assert memory.get(number) in (number, None)
            list(memory)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(use, start) for start in (0, 500, 1_000, 1_500)]:
            done.result()
    assert len(memory) == 10


def test_everything_can_be_forgotten() -> None:
    memory: Memory[str, int] = Memory(5)
    memory.put("a", 1)
    forget_everything()
    assert memory.get("a") is None
