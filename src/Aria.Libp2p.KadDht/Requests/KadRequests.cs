using System.IO.Pipelines;
using Aria.Libp2p.KadDht.Messages;

namespace Aria.Libp2p.KadDht.Requests;

/// <summary>Sends requests to other peers, each on a stream of its own and within the request timeout. Failures are results.</summary>
internal sealed class KadRequests(LocalPeer peer, KadOptions options, TimeProvider time)
{
    /// <summary>Sends <paramref name="request"/> and reads the answer.</summary>
    public Task<AskResult> AskAsync(PeerInfo to, KadMessage request, CancellationToken cancellationToken) =>
        AttemptAsync(to, request, ReadAnswerAsync, cancellationToken);

    /// <summary>Sends <paramref name="request"/>, which has no answer, and waits until the other end has read it.</summary>
    public Task<AskResult> TellAsync(PeerInfo to, KadMessage request, CancellationToken cancellationToken) =>
        AttemptAsync(to, request, ReadEndAsync, cancellationToken);

    private async Task<AskResult> AttemptAsync(
        PeerInfo to, KadMessage request, Func<PeerStream, KadMessage, CancellationToken, Task<AskResult>> read, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timeout = new(options.RequestTimeout, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            peer.AddAddresses(to.Id, to.Addresses);
            await using PeerStream stream = await peer.OpenStreamAsync(to.Id, options.Protocol, either.Token);
            try
            {
                await KadFrame.WriteAsync(stream.Output, request, either.Token);
                return await read(stream, request, either.Token);
            }
            catch
            {
                stream.Reset();
                throw;
            }
        }
        catch (OperationCanceledException)
        {
            return new(cancellationToken.IsCancellationRequested ? AskStatus.Cancelled : AskStatus.Unreachable);
        }
        catch (StreamResetException)
        {
            return new(AskStatus.Refused);
        }
        catch (Exception exception) when (exception is ProtocolNotSupportedException or ProtocolViolationException or PeerMismatchException)
        {
            return new(AskStatus.Wrong);
        }
        catch (Exception exception) when (exception is Libp2pException or IOException or ObjectDisposedException)
        {
            return new(AskStatus.Unreachable);
        }
    }

    private static async Task<AskResult> ReadAnswerAsync(PeerStream stream, KadMessage request, CancellationToken cancellationToken)
    {
        KadMessage? answer = await KadFrame.ReadAsync(stream.Input, KadFrame.MaxResponseBytes, cancellationToken);
        return answer is null ? new(AskStatus.Refused)
            : answer.Type == request.Type ? new(AskStatus.Answered, answer)
            : new(AskStatus.Wrong);
    }

    // A server reads requests until the stream ends and then closes its side: that is the sign that it has read this one.
    private static async Task<AskResult> ReadEndAsync(PeerStream stream, KadMessage request, CancellationToken cancellationToken)
    {
        await stream.Output.CompleteAsync();
        while (true)
        {
            ReadResult read = await stream.Input.ReadAsync(cancellationToken);
            stream.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return new(AskStatus.Answered);
            }
        }
    }
}
