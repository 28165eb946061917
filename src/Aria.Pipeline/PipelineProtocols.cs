namespace Aria.Pipeline;

/// <summary>The two libp2p protocols of a pipeline (specs/pipeline.md).</summary>
public static class PipelineProtocols
{
    /// <summary>Control: the gateway opens one stream for one stage of one attempt.</summary>
    public const string Stage = "/aria/stage/1.0.0";

    /// <summary>Data: one stream for one hop of one attempt, one way.</summary>
    public const string Activation = "/aria/activation/1.0.0";
}
