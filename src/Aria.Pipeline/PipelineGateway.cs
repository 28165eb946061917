using Aria.Libp2p;
using Aria.Provenance.Plans;
using Aria.Provenance.Signatures;
using Microsoft.Extensions.Logging;

namespace Aria.Pipeline;

/// <summary>Opens pipelines: the end that holds the tokens (specs/pipeline.md).</summary>
public sealed class PipelineGateway
{
    /// <summary>A gateway on the router's peer, which may serve stages too.</summary>
    public PipelineGateway(ActivationRouter router, PipelineGatewayOptions options, TimeProvider time, ILogger<PipelineGateway> logger)
    {
    }

    /// <summary>
    /// Has every stage of a plan accept its part and sets the data path up. The session's disposal ends what is left of it.
    /// </summary>
    /// <param name="plan">Signed by this peer's key.</param>
    /// <param name="jobKey">K_job, to which the plan commits.</param>
    /// <param name="vocabulary">Tokens of the model: ids at or above are no candidates.</param>
    /// <param name="stageAddresses">For each stage where it may be reached; at most 16 are passed on.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="PipelineFaultException">Stages that could not be reached, or refused: all of them are named.</exception>
    public Task<PipelineSession> OpenAsync(
        Signed<JobPlan> plan, Digest jobKey, int vocabulary, IReadOnlyList<IReadOnlyList<Multiaddress>> stageAddresses, CancellationToken cancellationToken) =>
        throw new NotImplementedException();
}
