using System.IO.Pipelines;

namespace Aria.Libp2p.Streams;

/// <summary>One stream of a connection, before anything is said about its protocol.</summary>
internal abstract class MuxedStream : IDuplexPipe
{
    public abstract PipeReader Input { get; }

    public abstract PipeWriter Output { get; }

    /// <summary>Abandons both directions at once; harmless after the end.</summary>
    public abstract void Reset();
}
