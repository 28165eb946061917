using Aria.Gateway.Errors;
using Aria.Gateway.Generation;
using Aria.Ledger;
using Aria.Node.Generation;

namespace Aria.Gateway.Tests.Generation;

public sealed class GenerationFailureTests
{
    [Fact]
    public void ExpectedFailures_HaveTheirCodes()
    {
        Assert.Equal((503, "no_route", 1), Told(new NoRouteException(new(true, [LayerRange.Of(0, 2), LayerRange.Of(5, 8)], true))));
        Assert.Equal((503, "pipeline_failed", 1), Told(new GenerationFailedException("8 pipelines failed", 8)));
        Assert.Equal((429, "queue_full", 1), Told(new QueueFullException(4, 32)));
        Assert.Equal((503, "ledger_stopped", null), Told(new LedgerStoppedException(7, new IOException("disk full"))));
        Assert.Equal((404, "model_not_found", null), Told(new RequestRefusedException(ApiError.ModelNotFound("x"))));
    }

    [Fact]
    public void NoRoute_NamesEveryMissingUnit() =>
        Assert.Contains(
            "embedding, layers [0,2) [5,8), head",
            GenerationFailure.Of(new NoRouteException(new(true, [LayerRange.Of(0, 2), LayerRange.Of(5, 8)], true)))!.Message,
            StringComparison.Ordinal);

    [Fact]
    public void Bugs_HaveNone()
    {
        Assert.Null(GenerationFailure.Of(new InvalidOperationException("a bug")));
        Assert.Null(GenerationFailure.Of(new OperationCanceledException()));
    }

    private static (int Status, string Code, int? RetryAfter) Told(Exception failure)
    {
        ApiError error = GenerationFailure.Of(failure)!;
        return (error.Status, error.Code, error.RetryAfterSeconds);
    }
}
