from pathlib import Path

import pytest

from export_adapter_workstation.local.aws import EmbeddedAws, EmbeddedAwsError, build

pytestmark = pytest.mark.xdist_group("embedded_aws")


def test_a_build_that_fails_says_what_sam_said_and_where_its_log_is(
    embedded_aws: EmbeddedAws, tmp_path: Path
) -> None:
    (tmp_path / "samconfig.toml").write_text("version = 0.1\n[local.build.parameters]\n")
    (tmp_path / "template.yaml").write_text("Resources: nothing that SAM could build\n")

    with pytest.raises(EmbeddedAwsError, match="sam build failed") as failed:
        build(embedded_aws, say=print, project=tmp_path)

    log = embedded_aws.directory / "sam-build.log"
    assert str(log) in str(failed.value)
    assert log.read_text().splitlines()[-1] in str(failed.value)


def test_a_build_knows_no_aws_but_the_embedded_one(
    embedded_aws: EmbeddedAws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "a-profile-that-does-not-exist")
    (tmp_path / "samconfig.toml").write_text("version = 0.1\n[local.build.parameters]\n")
    (tmp_path / "template.yaml").write_text(
        "Resources:\n  Any:\n    Type: AWS::SQS::Queue\nTransform: AWS::Serverless-2016-10-31\n"
    )

    built = build(embedded_aws, say=print, project=tmp_path)

    assert "AWS::SQS::Queue" in built.read_text()
