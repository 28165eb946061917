using Aria.Libp2p;

namespace Aria.Pipeline.Streams;

/// <summary>The ways in which a stream, or the connection under it, comes to a bad end.</summary>
internal static class StreamLoss
{
    /// <summary>Whether an exception of a read, flush or dial means that the peer is not there, rather than an error here.</summary>
    public static bool Is(Exception exception) => exception is Libp2pException or IOException;
}
