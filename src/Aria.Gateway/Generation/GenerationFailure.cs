using Aria.Gateway.Errors;
using Aria.Ledger;
using Aria.Node.Generation;

namespace Aria.Gateway.Generation;

/// <summary>What a client is told when a generation fails.</summary>
internal static class GenerationFailure
{
    /// <summary>The error for a failure that is to be expected; null for a bug.</summary>
    public static ApiError? Of(Exception failure) => failure switch
    {
        RequestRefusedException refused => refused.Error,
        NoRouteException noRoute => ApiError.NoRoute(noRoute.Message),
        GenerationFailedException failed => ApiError.PipelineFailed(failed.Message),
        QueueFullException => ApiError.QueueFull(),
        LedgerStoppedException stopped => ApiError.LedgerStopped(stopped.Message),
        _ => null,
    };
}
