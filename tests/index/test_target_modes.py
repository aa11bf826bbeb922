"""Whose backlinks (docs/counting.md, "Target modes")."""

import pytest

from tests.graph import SUFFIXES, Graph
from tests.index.asking import index_of
from wholinks.index.queries import Index
from wholinks.index.target import Mode, Schemes, parse_target, without_www
from wholinks.storage.errors import UsageError

BLOG = "http://blog.test/"

URLS = (
    "http://shop.example/", "http://www.shop.example/", "http://news.shop.example/", "https://shop.example/",
    "http://shop.example:8080/", "http://shop.example/blog", "http://shop.example/blog/", "http://shop.example/blog/a",
    "http://shop.example/blog?x=1", "http://shop.example/blogging", "http://shop.example/blog-x", "http://shop.example/Blog",
    "https://shop.example/blog/a", "http://www.shop.example/blog/a", "http://myshop.example/", "http://xn--fa-hia.de/",
    "http://github.io/", "http://me.github.io/", "http://www.github.io/", "http://127.0.0.1:8000/", "http://x.127.0.0.1.nip/",
    "http://amazonaws.com/", "http://b.s3.amazonaws.com/", "http://localhost/", "http://[::1]/", "http://example/",
)  # fmt: skip


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    with index_of(Graph().page(BLOG, URLS), tmp_path_factory.mktemp("data")) as index:
        return Index(index.folder)


def found(index: Index, target: str, mode: str | None = None, protocol: str = "both") -> set[str]:
    answer = index.who_links_to(target, mode=mode, protocol=protocol, by="page")
    return {row.target_url for row in answer.rows}  # type: ignore[union-attr]


def test_exact_matches_one_url_of_either_scheme(index: Index) -> None:
    assert found(index, "http://shop.example/blog/a") == {"http://shop.example/blog/a", "https://shop.example/blog/a"}
    assert found(index, "shop.example", "exact") == {"http://shop.example/", "https://shop.example/"}
    assert found(index, "http://shop.example/blog?x=1#part") == {"http://shop.example/blog?x=1"}
    assert found(index, "http://shop.example/blo") == set()


def test_prefix_ends_at_a_path_segment(index: Index) -> None:
    begun = {f"http://shop.example/blog{end}" for end in ("", "/", "/a", "?x=1")} | {"https://shop.example/blog/a"}
    assert found(index, "shop.example/blog", "prefix") == begun
    assert found(index, "shop.example/blog/", "prefix") == begun - {
        f"http://shop.example/blog{end}" for end in ("", "?x=1")
    }
    assert "http://shop.example/blogging" in found(index, "shop.example/", "prefix")
    assert "http://shop.example:8080/" not in found(index, "shop.example/", "prefix")


def test_prefix_takes_no_query(index: Index) -> None:
    with pytest.raises(UsageError, match="a prefix takes no query"):
        found(index, "shop.example/blog?x", "prefix")


def test_domain_matches_the_host_with_and_without_www(index: Index) -> None:
    for typed in ("shop.example", "www.shop.example"):
        hosts = {url.split("/")[2].partition(":")[0] for url in found(index, typed, "domain")}
        assert hosts == {"shop.example", "www.shop.example"}
    assert found(index, "news.shop.example", "domain") == {"http://news.shop.example/"}


def test_subdomains_matches_the_host_and_every_host_under_it(index: Index) -> None:
    for typed in ("shop.example", "www.shop.example"):
        assert found(index, typed, "subdomains") == {
            url for url in URLS if "shop.example" in url and "myshop" not in url
        }
    assert found(index, "news.shop.example") == {"http://news.shop.example/"}


def test_the_mode_follows_from_the_form(index: Index) -> None:
    for typed, mode in {
        "shop.example": Mode.SUBDOMAINS, "https://shop.example/": Mode.SUBDOMAINS, "shop.example/blog": Mode.EXACT,
        "http://shop.example?x": Mode.EXACT, "shop.example:8080": Mode.SUBDOMAINS, "shop.example/?": Mode.SUBDOMAINS,
    }.items():  # fmt: skip
        assert index.target(typed).mode is mode


def test_exact_and_prefix_keep_a_www_and_name_the_sibling_at_zero(index: Index) -> None:
    assert found(index, "www.shop.example/blog/a") == {"http://www.shop.example/blog/a"}
    answer = index.who_links_to("www.shop.example/blogging")
    assert answer.totals.backlinks == 0
    assert answer.hint == "no links to www.shop.example/blogging, but 1 to shop.example/blogging"
    assert "no URL of it is known" in (index.who_links_to("www.shop.example/nothing").hint or "")
    assert index.who_links_to("www.shop.example/blogging", mode="domain").hint is None


def test_www_stays_where_no_registrable_domain_would_remain(index: Index) -> None:
    assert without_www("www.shop.example", SUFFIXES) == "shop.example"
    assert without_www("www.github.io", SUFFIXES) == "www.github.io"
    assert without_www("www.com", SUFFIXES) == "www.com"
    assert found(index, "www.github.io") == {"http://www.github.io/"}


def test_a_bare_public_suffix_means_that_host_alone(index: Index) -> None:
    for mode in ("domain", "subdomains"):
        assert found(index, "github.io", mode) == {"http://github.io/"}
    assert found(index, "com") == set()
    assert found(index, "example") == {"http://example/"}


def test_a_domain_with_public_suffixes_below_it_covers_what_is_under_it(index: Index) -> None:
    assert found(index, "amazonaws.com") == {"http://amazonaws.com/", "http://b.s3.amazonaws.com/"}
    assert index.who_links_to("amazonaws.com").totals.referring_pages == 1


def test_matching_ignores_the_scheme_unless_told(index: Index) -> None:
    assert found(index, "https://shop.example/", "exact", "http") == {"http://shop.example/"}
    assert found(index, "shop.example", protocol="https") == {"https://shop.example/", "https://shop.example/blog/a"}
    hint = index.who_links_to("shop.example/blog", protocol="https").hint
    assert hint == "no links to shop.example/blog, but 1 to the same over http (--protocol http)"


def test_a_typed_port_means_that_port_only(index: Index) -> None:
    assert found(index, "shop.example:8080") == {"http://shop.example:8080/"}
    assert found(index, "http://shop.example:8080/", "exact") == {"http://shop.example:8080/"}
    assert "http://shop.example:8080/" in found(index, "shop.example")
    assert "http://shop.example:8080/" not in found(index, "shop.example", "exact")


def test_idn_may_be_typed_either_way(index: Index) -> None:
    for typed in ("faß.de", "xn--fa-hia.de", "FAß.de."):
        assert found(index, typed) == {"http://xn--fa-hia.de/"}
        assert index.target(typed).domain == "xn--fa-hia.de"


def test_addresses_and_single_names_are_targets(index: Index) -> None:
    assert found(index, "127.0.0.1") == {"http://127.0.0.1:8000/"}
    assert found(index, "[::1]") == {"http://[::1]/"}
    assert found(index, "localhost") == {"http://localhost/"}


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "an empty target"),
        ("  ", "an empty target"),
        ("a b", "neither a URL nor a domain"),
        ("http://", "neither a URL nor a domain"),
        ("me@shop.example", "an e-mail address is no target"),
        ("mailto:me@shop.example", "only http and https"),
        ("ftp://shop.example/", "only http and https"),
        ("*.shop.example", "leave out"),
        ("\ud800", "neither a URL nor a domain"),
    ],
)
def test_what_is_no_target_is_refused_in_one_line(typed: str, says: str) -> None:
    with pytest.raises(UsageError, match=says) as caught:
        parse_target(typed, SUFFIXES)
    assert "\n" not in str(caught.value)


def test_forms_of_a_url_that_browsers_accept_are_accepted() -> None:
    for typed in ("//shop.example/a", "http:shop.example/a", "HTTP:\\\\shop.example\\a", " shop.example/a "):
        target = parse_target(typed, SUFFIXES)
        assert (target.host, target.path, target.input) == ("shop.example", "/a", typed)
    assert parse_target("http://u:p@shop.example/a", SUFFIXES).text == "shop.example/a"
    assert parse_target("shop.example:8080/a", SUFFIXES, protocol=Schemes.HTTP).text == "shop.example:8080/a"
