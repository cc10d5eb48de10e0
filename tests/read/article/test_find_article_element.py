"""Finding the article element, and when the whole page is the article."""

from __future__ import annotations

from digest.read.article.dom import parse, prune
from digest.read.article.find_article_element import find_article_element, is_whole_page

PROSE = "The council asked people how they would like to pay for their allotments, and most said by phone. "
TEXT = "".join(f"<p>{PROSE * 3}</p>" for _ in range(6))
LIST = "<h2>What we heard</h2><ul>" + f"<li>{PROSE}</li>" * 3 + f"</ul><blockquote><p>{PROSE}</p></blockquote>"


def alone(body: str) -> bool:
    """Whether the page with this body holds nothing but the article."""
    tree = parse(f"<html><head><title>Paying by phone</title></head><body>{body}</body></html>")
    assert tree is not None
    prune(tree)
    holder = find_article_element(tree)
    return holder is not None and is_whole_page(tree, holder)


def test_a_page_that_is_all_article_is_recognised() -> None:
    assert alone(f"<h1>Paying by phone</h1>{TEXT}")
    assert alone(f"<article><h1>Paying by phone</h1>{TEXT}{LIST}{TEXT}</article>")
    around = f"<nav>{LIST}</nav>{{}}<div class='comments'><p>{PROSE}</p></div>"  # pruned, all of it
    assert alone(around.format(f"<div><div>{TEXT}</div></div>"))


def test_elements_around_an_article_may_belong_to_it() -> None:
    stranger = f"<div><div><p>{PROSE * 3}</p></div></div>"
    assert not alone(f"<div>{TEXT}</div>{stranger}")
    assert not alone(f"<div>{TEXT}{stranger}</div>")  # an element between: a comment, or a card


def test_several_articles_are_a_list_of_posts() -> None:
    assert not alone(f"<article>{TEXT}</article><article><p>{PROSE}</p></article>")


def test_only_lists_and_links_are_no_article() -> None:
    assert not alone(LIST * 10)
    assert not alone(f"<p><a href='/'>{PROSE * 4}</a></p>" * 9)


def test_a_short_element_is_no_article() -> None:
    assert not alone(f"<p>{PROSE * 3}</p>")
