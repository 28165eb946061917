using System.Text.Json;
using Aria.Cli.Ledgers;
using Aria.Cli.Output;
using Aria.Provenance.Checks;
using Aria.Testing.Jobs;

namespace Aria.Cli.Tests.Ledgers;

public sealed class RecordDocumentTests : IDisposable
{
    private readonly SampleJob _job = new();
    private readonly NodeNames _names = new(null);

    public void Dispose() => _job.Dispose();

    [Fact]
    public void Record_IsToldWhole_WithItsVerdict()
    {
        RecordDocument document = RecordDocument.Of(RecordCheck.Verify(_job.Seal(_job.Record())), _names)!;
        Assert.Equal("valid", document.Verdict);
        Assert.Equal("aria-testnet", document.Network);
        Assert.Equal(12, document.TtftMs);
        AttemptDocument attempt = Assert.Single(document.Attempts);
        Assert.Equal([_job.Key(1).Id.ToString(), _job.Key(2).Id.ToString()], attempt.Stages.Select(stage => stage.Party.Node));
        Assert.All(attempt.Stages, stage => Assert.True(stage.Accepted && stage.Receipt is not null));
        Assert.Equal(attempt.Stages[0].Receipt!.OutRoot, attempt.Stages[1].Receipt!.InRoot);
        Assert.Equal("estimate-tdp", document.Energy.Method);
    }

    [Fact]
    public void LostStage_StandsWithoutReceipt_AndTheFaultIsTold()
    {
        RecordDocument document = RecordDocument.Of(RecordCheck.Verify(_job.Seal(_job.FailoverRecord())), _names)!;
        Assert.Equal(["stage 1 was lost", null], document.Attempts.Select(attempt => attempt.Fault));
        Assert.Null(document.Attempts[0].Stages[1].Receipt);
        StringWriter text = new();
        RecordText.Print(new(text, TextWriter.Null, new(Json: false, Quiet: false, Verbose: false, OutputIsTerminal: false, ErrorIsTerminal: false, Color: false)), document);
        Assert.Contains("ended early: stage 1 was lost", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("no receipt", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("VALID", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void BytesThatAreNoRecord_AreNone() => Assert.Null(RecordDocument.Of(RecordCheck.Verify(new byte[] { 1, 2, 3 }), _names));

    [Fact]
    public void Json_IsSnakeCase()
    {
        RecordDocument document = RecordDocument.Of(RecordCheck.Verify(_job.Seal(_job.Record())), _names)!;
        JsonElement json = JsonSerializer.SerializeToElement(document, CliJson.Documents.RecordDocument);
        Assert.Equal(document.PromptCommitment, json.GetProperty("prompt_commitment").GetString());
        Assert.Equal("0-2", json.GetProperty("attempts")[0].GetProperty("stages")[0].GetProperty("layers").GetString());
    }
}
