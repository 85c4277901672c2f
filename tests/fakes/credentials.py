"""A store of credentials in which secrets can be rotated, lost, wrong and out of reach."""

from dataclasses import dataclass, field

from export_adapter.deliver.credentials import Credentials, NoCredentials


@dataclass
class FakeCredentialStore:
    """A company's token is the word "test" and its id, until it is rotated; `cached` is what a cache has."""

    is_one_for_all: bool = False
    without: set[str | None] = field(default_factory=set[str | None])
    out_of_reach: set[str | None] = field(default_factory=set[str | None])
    wrong: set[str | None] = field(default_factory=set[str | None])
    rotations: dict[str | None, int] = field(default_factory=dict[str | None, int])
    cached: dict[str | None, str] = field(default_factory=dict[str | None, str])
    reads: list[tuple[str | None, bool]] = field(default_factory=list[tuple[str | None, bool]])

    def fetch(self, company_id: str | None, *, fresh: bool) -> Credentials | NoCredentials:
        self.reads.append((company_id, fresh))
        if company_id in self.without:
            return NoCredentials("no_credentials", "there is no secret for the company")
        if company_id in self.out_of_reach:
            return NoCredentials("credentials_unavailable", "the secret cannot be read")
        if company_id in self.wrong:
            return Credentials(f"Bearer wrong-{company_id or 'default'}-0")
        if fresh or company_id not in self.cached:
            self.cached[company_id] = self.valid(company_id)
        return Credentials(self.cached[company_id])

    def rotate(self, company_id: str | None) -> None:
        """Make what a cache holds worthless."""
        self.rotations[company_id] = self.rotations.get(company_id, 0) + 1

    def valid(self, company_id: str | None) -> str:
        """The one Authorization header that Pleo takes for a company."""
        if self.is_one_for_all:
            return "Bearer test-default-0"
        return f"Bearer test-{company_id or 'default'}-{self.rotations.get(company_id, 0)}"


def company_of(authorization: str) -> str | None:
    """Whose credentials they are, right or wrong."""
    company = authorization.split("-", 1)[1].rsplit("-", 1)[0]
    return None if company == "default" else company
