using Aria.Libp2p;
using Aria.Provenance.Activations;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline;

/// <summary>Opens pipelines: the end that holds the tokens (specs/pipeline.md). A gateway on the router's peer, which may serve stages too.</summary>
public sealed class PipelineGateway(ActivationRouter router, PipelineGatewayOptions options, TimeProvider time, ILogger<PipelineGateway> logger)
{
    /// <summary>
    /// Has every stage of a plan accept its part and sets the data path up. The session's disposal ends what is left of it.
    /// </summary>
    /// <param name="plan">Signed by this peer's key.</param>
    /// <param name="jobKey">K_job, to which the plan commits.</param>
    /// <param name="vocabulary">Tokens of the model: ids at or above are no candidates.</param>
    /// <param name="stageAddresses">For each stage where it may be reached; at most 16 are passed on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PipelineFaultException">Stages that could not be reached, or refused: all that are known by then are named.</exception>
    /// <exception cref="ArgumentException">The plan is another gateway's, or commits to another key.</exception>
    public async Task<PipelineSession> OpenAsync(
        Signed<JobPlan> plan, Digest jobKey, int vocabulary, IReadOnlyList<IReadOnlyList<Multiaddress>> stageAddresses, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(vocabulary);
        ArgumentOutOfRangeException.ThrowIfNotEqual(stageAddresses.Count, plan.Value.Stages.Length, nameof(stageAddresses));
        if (plan.Value.Gateway.Peer() != router.Peer.Id || JobKey.Commitment(jobKey) != plan.Value.KeyCommitment)
        {
            throw new ArgumentException("The plan is another gateway's, or commits to another key.", nameof(plan));
        }

        PipelineSession session = new(router, plan, vocabulary, options, time, logger);
        try
        {
            await session.OpenAsync(jobKey, stageAddresses, cancellationToken);
            return session;
        }
        catch
        {
            await session.DisposeAsync();
            throw;
        }
    }
}
