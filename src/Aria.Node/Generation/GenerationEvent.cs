using System.Collections.Immutable;
using Aria.Provenance.Receipts;
using Aria.Provenance.Records;
using Aria.Scheduling;

namespace Aria.Node.Generation;

/// <summary>What happens in a generation, in order: started once, tokens, finished once.</summary>
public abstract record GenerationEvent
{
    private GenerationEvent()
    {
    }

    /// <summary>Every stage of a pipeline has accepted.</summary>
    public sealed record Started(JobId Job, PipelinePlan Plan) : GenerationEvent;

    /// <summary>A token was chosen.</summary>
    /// <param name="Index">Its number in the answer, from 1.</param>
    /// <param name="Id">The token; end tokens come too.</param>
    /// <param name="Text">Text that is certain now: often empty, all that was held back with the last token.</param>
    /// <param name="Plan">The pipeline that proposed it.</param>
    public sealed record Token(int Index, uint Id, string Text, PipelinePlan Plan) : GenerationEvent
    {
        /// <summary>Where they were asked for: those of the tokens whose text is certain now.</summary>
        public ImmutableArray<TokenLogProbability> LogProbabilities { get; init; } = [];
    }

    /// <summary>The answer is whole, its record signed, logged here and, within a bound of time, at the stages.</summary>
    /// <param name="Reason">Stop or length.</param>
    /// <param name="Record">The record's id; null if none could be made.</param>
    /// <param name="LedgerIndex">Its place in this node's log; null if it could not be appended.</param>
    /// <param name="Problem">Why record or index is null.</param>
    /// <param name="Attempts">Pipelines it took.</param>
    /// <param name="Plan">The last one.</param>
    /// <param name="Energy">Total of all receipts' claims.</param>
    /// <param name="ToFirstToken">From the request.</param>
    /// <param name="Total">From the request to the last token.</param>
    /// <param name="PromptTokens">Tokens of the prompt.</param>
    /// <param name="CompletionTokens">Tokens chosen, an end token included.</param>
    public sealed record Finished(
        FinishReason Reason, RecordId? Record, long? LedgerIndex, string? Problem, int Attempts, PipelinePlan Plan, EnergyClaim Energy,
        TimeSpan ToFirstToken, TimeSpan Total, int PromptTokens, int CompletionTokens) : GenerationEvent;
}
