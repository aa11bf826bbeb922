"""Settings from a file."""

import tomllib
from pathlib import Path

import pytest

from wholinks.cli import COMMANDS, run


def _config(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "wholinks.toml"
    path.write_text(text, "utf-8")
    return ["--config", str(path)]


def test_what_config_prints_is_a_settings_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["config"]) == 0
    first = capsys.readouterr().out
    assert tomllib.loads(first)["crawl"]["concurrency"] == 64
    assert run([*_config(tmp_path, first), "config"]) == 0
    assert capsys.readouterr().out == first


def test_the_command_line_comes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = _config(tmp_path, '[to]\ndata = "from-file"\n')
    assert run([*given, "to", "x.example"]) == 1
    assert "from-file" in capsys.readouterr().err
    monkeypatch.setenv("WHOLINKS_DATA", "from-environment")
    assert run([*given, "to", "x.example"]) == 1
    assert "from-environment" in capsys.readouterr().err
    assert run([*given, "to", "x.example", "--data", "from-command-line"]) == 1
    assert "from-command-line" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[crawl]\nmax-page = 5\n", "did you mean max-pages?"),
        ("[crawls]\n", "[crawls] is no command"),
        ("max-pages = 5\n", "outside a table"),
        ("[crawl\n", "not a TOML file"),
        ("[crawl]\ninsecure = 1\n", "true or false"),
        ("[crawl]\nconnect-to = 'a'\n", "must be a list"),
        ("[crawl]\nmax-pages = [1]\n", "must be one value"),
    ],
)
def test_what_no_option_is_called_is_an_error(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*_config(tmp_path, text), "config"]) == 2
    assert message in capsys.readouterr().err


def test_a_wrong_value_in_the_file_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([*_config(tmp_path, "[crawl]\nmax-pages = 0\n"), "crawl", "a.example"]) == 2
    assert "max-pages" in capsys.readouterr().err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_each_shell(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", shell]) == 0
    assert "_WHOLINKS_COMPLETE" in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    assert "xample" in capsys.readouterr().out


def test_secrets_of_a_file_are_not_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (
        '[crawl]\nproxy = "http://jo:s3cr3t@proxy.example:3128"\n'
        'header = [["a.example", "X-Token", "s3cr3t"]]\nauth = [["a.example", "jo:s3cr3t"]]\n'
    )
    assert run([*_config(tmp_path, text), "config"]) == 0
    printed = capsys.readouterr().out
    assert "s3cr3t" not in printed
    assert [line for line in printed.splitlines() if "not shown" in line] == [
        "# proxy is set, and not shown", "# header is set, and not shown", "# auth is set, and not shown",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--header", "a.example", "X Y", "s3cr3t"], "--header a.example 'X Y'"),
        (["--auth", "a.example", "s3cr3t"], "--auth a.example: give HOST USER:PASSWORD"),
        (["--proxy", "https://jo:s3cr3t@p.example"], "--proxy: must be http://"),
        (["--ignore-robots", "https://a.example/"], "must be a host name"),
        (["--allow-port", "0"], "--allow-port"),
        (["--max-rate", "0"], "--max-rate"),
    ],
)
def test_a_wrong_option_is_one_line_without_its_secret(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["crawl", "a.example", "--data", str(tmp_path / "data"), *arguments]) == 2
    captured = capsys.readouterr().err
    assert message in captured
    assert "s3cr3t" not in captured
