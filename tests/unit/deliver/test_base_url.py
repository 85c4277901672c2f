import pytest

from export_adapter.deliver.http import is_safe_base_url


@pytest.mark.parametrize(
    "url",
    [
        "https://external.pleo.io",
        "https://external.staging.pleo.io:8443/gateway",
        "HTTPS://external.pleo.io",
        "http://127.0.0.1:8080",
        "http://127.8.9.10",
        "http://localhost:8080",
        "http://LOCALHOST",
        "http://[::1]:8080",
        "https://[2001:db8::1]",
    ],
)
def test_credentials_may_go_over_https_or_to_this_machine(url: str) -> None:
    assert is_safe_base_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "external.pleo.io",
        "https://",
        "https:///v1",
        "ftp://external.pleo.io",
        "file:///etc/hosts",
        "http://external.pleo.io",
        "http://127.0.0.1.evil.test",
        "http://127.evil.test",
        "http://localhost.evil.test",
        "http://evil.test/localhost",
        "http://evil.test#localhost",
        "http://localhost@evil.test",
        "http://127.0.0.1\\@evil.test",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "http://[2001:db8::1]",
        "http://2130706433",
        "https://user@external.pleo.io",
        "https://user:test@external.pleo.io",
        "https://:test@external.pleo.io",
        "https://external.pleo.io?",
        "https://external.pleo.io?key=1",
        "https://external.pleo.io#",
        "https://external.pleo.io/#part",
        "https://external.pleo.io:port",
        "https://external.pleo.io:99999",
        "https://[::1",
        "http://[::1",
    ],
)
def test_credentials_go_nowhere_else(url: str) -> None:
    assert not is_safe_base_url(url)
