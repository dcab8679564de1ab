"""How the content lint finds links and knows public shorteners. Pure, and linear like the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from messaging import lint_reading as reading
from messaging.lint_findings import HEALTH, LAW, Context, Finding, quoted, severity_for


def _hosts(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


# R-CAR-2 names the first line; the others are of the same kind.
SHORTENERS = _hosts(
    """
    bit.ly tinyurl.com goo.gl is.gd tiny.cc budurl.com soo.gd s2r.co bc.vc clicky.me lc.chat
    bitly.com j.mp t.co ow.ly buff.ly rebrand.ly cutt.ly rb.gy shorturl.at tiny.one t.ly v.gd da.gd
    x.gd shorte.st adf.ly bit.do bl.ink db.tt qr.ae cur.lv ity.im q.gs po.st u.to vzturl.com 1url.com
    tr.im tiny.pl s.id shrtco.de gg.gg lnkd.in fb.me amzn.to goo.su clck.ru vk.cc kutt.it dub.sh
    short.io urlz.fr hyperurl.co snip.ly mcaf.ee su.pr ouo.io cli.gs moourl.com tnij.org n9.cl
    acortar.link t2m.io tny.im wp.me dlvr.it ift.tt u.nu ln.run surl.li surl.lu short.gy spoo.me 2.gp
    chilp.it qrco.de zpr.io me2.do zws.im tinycc.com trib.al ht.ly fur.ly b.link cutt.us shor.by
    shrinke.me prf.hn plu.sh lnk.to linkd.in snipurl.com qps.ru
    """
)
SHORTENER_NAMES = _hosts("tinyurl bitly budurl shorturl cuttly rebrandly")

# Endings that make "word.ending" a link by themselves.
ENDINGS = _hosts(
    """
    com net org edu gov mil info biz io co us uk ca au nz ie eu fr nl ch mx br cl ar ru cn jp kr hk sg
    tv cc ws vc ly gl gd gy gg mp im sh ai app dev site online xyz icu mobi ink dental clinic doctor
    law legal lawyer attorney plumbing agency llc ltd inc health tech cloud shop store vip pw tk ml
    ga cf gq su pl se fi dk pt gr tr za ph vn th li lu fm ae tt pr gp nu ee hn
    """
)
# English (and Spanish) words: only a link with a path or www., or "ready.is 3 ok" would be one.
WORDLIKE_ENDINGS = _hosts(
    """
    me is it in at to be do so no my am by as id es de la st or one page link click top club live pro
    name care repair services company solutions work zone today world life group team email support
    help space fun win bid loan run chat media news center city tools house homes contractors deals
    sale expert guide best cool review reviews reports wiki buzz build cafe lv gs al pub bar
    """
)

_LINK = re.compile(
    r"[a-z][a-z0-9+-]{0,9}://(?P<rest>[^\s<>\"]+)"
    r"|(?<![\w@.%+-])(?P<user>[\w.+%-]{1,64}@)?(?P<host>[\w-]+(?:\.[\w-]+)+)(?P<tail>[:/?#\\]\S*)?"
)
_DOT = re.compile(r"\.[^\W_]")
_WITHIN = re.compile(r"(?:^|[=/&?@])((?:[\w-]+\.)+[a-z]{2,})(?=[/?#&:]|$)")
# "bit (dot) ly", "bit . ly", "bit. ly": nothing a phone makes a link of, but people are asked to type it.
_MAYBE_WRITTEN = re.compile(r"[\s(\[{](?:\.|dot\b)|\.\s+(?:ly|gd|gl|gy|cc|vc|com|chat|mp)/")
_WRITTEN_DOT = re.compile(r"\s*[\[({]\s*(?:\.|dot)\s*[\])}]\s*|\s+dot\s+|\s+\.\s*|\.\s+(?=(?:ly|gd|gl|gy|cc|vc|com|chat|mp)/)")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A link: the host a browser would go to, and what is odd about how it is written."""

    host: str
    path: str
    has_credentials: bool
    is_address: bool  # numbers instead of a name


def _is_address(host: str) -> bool:
    return host.startswith("[") or all(
        part.isdigit() or re.fullmatch(r"0x[0-9a-f]*", part) for part in host.split(".")
    )


def links_in(folded: str) -> list[Link]:
    """Return the links of a folded text: with a scheme, with www., and bare domains; e-mail is none."""
    if "://" not in folded and _DOT.search(folded) is None:
        return []
    found = []
    for match in _LINK.finditer(folded):
        rest = match["rest"]
        if rest is not None:
            authority = re.split(r"[/?#\\]", rest, maxsplit=1)[0]
            path = rest[len(authority) :]
            user, at, host = unquote(authority).rpartition("@")
        else:
            user, path = match["user"] or "", (match["tail"] or "").rstrip(".,;:!?)")
            at, host = user and "@", match["host"]
        if not host.startswith("["):
            host = host.partition(":")[0].rstrip(".,;!?)]}'\"*").strip(".")
        if not host or (rest is None and not _is_bare_link(host, path, bool(user))):
            continue
        found.append(Link(host, path, bool(at), _is_address(host)))
    return found


def _is_bare_link(host: str, path: str, has_user: bool) -> bool:
    if has_user and not path.startswith("/"):
        return False  # an e-mail address
    ending = host.rpartition(".")[2]
    if _is_address(host):
        return host.count(".") == 3 and bool(path)
    has_path = path.startswith("/") or host.startswith("www.")
    return (
        ending in ENDINGS or ending.startswith("xn--") or (has_path and ending in WORDLIKE_ENDINGS)
    )


def shorteners(folded: str, found: Iterable[Link], runs: Iterable[str] = ()) -> list[str]:
    """Return the public shorteners a text leads through, disguised ones and those within links too."""
    hosts = []
    for link in found:
        hosts.append(link.host)
        if len(link.path) > 3:
            hosts += _WITHIN.findall(unquote(link.path))
    for run in runs:
        hosts += [run.strip("."), *(host for host in SHORTENERS if run.startswith(host))]
    if _MAYBE_WRITTEN.search(folded):
        view = _WRITTEN_DOT.sub(".", folded)
        if view != folded:
            hosts += [link.host for link in links_in(view)]
    return list(dict.fromkeys(host for host in hosts if is_shortener(host)))


def is_shortener(host: str) -> bool:
    """Whether a host is a public shortener or lies under one."""
    labels = host.removeprefix("www.").split(".")
    return ".".join(labels[-2:]) in SHORTENERS or labels[-2:][0] in SHORTENER_NAMES


def link_findings(body: str, folded: str, runs: list[str], context: Context) -> Iterator[Finding]:
    """Yield what is wrong with a text's links; `runs` are its words written one letter at a time."""
    links = links_in(folded)
    if short := shorteners(folded, links, runs):
        yield Finding(
            "SHORTENER", "block",
            f"Phone companies block links through {quoted(short)}, a public link shortener.",
            "Use the full address on your own domain.", "R-CAR-2", ", ".join(short),
        )  # fmt: skip
    if not links:
        return
    severity = severity_for(context)
    if hosts := _named(link for link in links if link.has_credentials):
        yield Finding(
            "URL_CREDENTIALS", severity,
            f"A link has a name and an @ before {quoted(hosts)}: it shows one address and leads to another.",
            "Take out everything before the @.", "R-CAR-2", ", ".join(hosts),
        )  # fmt: skip
    if hosts := _named(link for link in links if link.is_address):
        yield Finding(
            "URL_IP", severity, f"A link leads to {quoted(hosts)}, a number instead of a name.",
            "Use your website's name.", "R-CAR-2", ", ".join(hosts),
        )  # fmt: skip
    odd = {host: reading.oddly_written(body, host) for host in _named(links)}
    if hosts := [host for host, how in odd.items() if how]:
        yield Finding(
            "URL_UNICODE", severity if "look-alike" in odd.values() else "warn",
            f"The link to {quoted(hosts)} is written with letters that only look like it.",
            "Type the address with plain letters.", "R-CAR-2", ", ".join(hosts),
        )  # fmt: skip
    named = reading.squeezed(context.brand)
    real = [link for link in links if link.path or reading.squeezed(link.host) != named]
    if context.is_first and (hosts := _named(real)):
        strict = context.vertical in HEALTH | LAW
        allowed = context.links_in_first and not strict
        why = " in your line of work" if strict else ""
        yield Finding(
            "LINK_IN_FIRST", "warn" if allowed else severity,
            f"A first text should not have a link{why}, and this one leads to {quoted(hosts)}.",
            "Leave the link out; send it when the person asks.", "1.3", ", ".join(hosts),
        )  # fmt: skip
    strangers = [host for host in _named(real) if not _is_own(host, context.own_domains)]
    strangers = [host for host in strangers if not is_shortener(host)]
    if context.own_domains and strangers:
        yield Finding(
            "LINK_FOREIGN", "warn",
            f"{quoted(strangers)} is not one of your own domains; links to other places are filtered more.",
            "Link to your own website.", "R-CAR-2", ", ".join(strangers),
        )  # fmt: skip


def _named(links: Iterable[Link]) -> list[str]:
    return list(dict.fromkeys(link.host[:80] for link in links))


def _is_own(host: str, own: frozenset[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in map(str.lower, own))
