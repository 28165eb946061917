using System.IO.Pipelines;
using Aria.Libp2p.KadDht.Messages;
using Aria.Libp2p.KadDht.Telemetry;
using Microsoft.Extensions.Logging;

namespace Aria.Libp2p.KadDht.Requests;

/// <summary>Sends requests to other peers, each on a stream of its own and within the request timeout. Failures are results.</summary>
internal sealed partial class KadRequests(LocalPeer peer, KadOptions options, KadMetrics metrics, Offences offences, TimeProvider time, ILogger logger)
{
    /// <summary>Sends <paramref name="request"/> and reads the answer; where there is none, waits until the other end has read it.</summary>
    public async Task<AskResult> SendAsync(PeerInfo to, KadMessage request, CancellationToken cancellationToken)
    {
        AskResult result = await TrySendAsync(to, request, cancellationToken);
        metrics.RequestEnded(result.Status.ToString());
        return result;
    }

    private async Task<AskResult> TrySendAsync(PeerInfo to, KadMessage request, CancellationToken cancellationToken)
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
                return request.Type == KadMessageType.AddProvider
                    ? await ReadEndAsync(stream, either.Token)
                    : await ReadAnswerAsync(stream, request, either.Token);
            }
            catch
            {
                stream.Reset();
                throw;
            }
        }
        catch (OperationCanceledException)
        {
            return new(
                cancellationToken.IsCancellationRequested ? AskStatus.Cancelled
                : peer.ConnectedPeers.Contains(to.Id) ? AskStatus.Silent
                : AskStatus.Unreachable);
        }
        catch (StreamResetException)
        {
            return new(AskStatus.Refused);
        }
        catch (ProtocolViolationException exception)
        {
            offences.Add(to.Id, Offence.WrongAnswer, exception.Message);
            return new(AskStatus.Wrong);
        }
        catch (Exception exception) when (exception is ProtocolNotSupportedException or PeerMismatchException)
        {
            return new(AskStatus.Wrong);
        }
        catch (Exception exception)
        {
            // A lookup waits for the outcome of each request: whatever happened, there is one.
            if (exception is not Libp2pException)
            {
                LogUnexpected(logger, to.Id, exception);
            }

            return new(AskStatus.Unreachable);
        }
    }

    private static async Task<AskResult> ReadAnswerAsync(PeerStream stream, KadMessage request, CancellationToken cancellationToken)
    {
        KadMessage? answer = await KadFrame.ReadAsync(stream.Input, KadFrame.MaxResponseBytes, cancellationToken);
        return answer is null ? new(AskStatus.Refused)
            : answer.Type == request.Type ? new(AskStatus.Answered, answer)
            : throw new ProtocolViolationException($"{request.Type} was answered by {answer.Type}.");
    }

    // A server reads requests until the stream ends and then closes its side: that is the sign that it has read this one.
    private static async Task<AskResult> ReadEndAsync(PeerStream stream, CancellationToken cancellationToken)
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

    [LoggerMessage(Level = LogLevel.Error, Message = "A request to {Peer} failed in an unexpected way")]
    private static partial void LogUnexpected(ILogger logger, PeerId peer, Exception exception);
}
