using System.Collections.Immutable;
using Aria.Ledger;
using Aria.Ledger.Entries;
using Aria.Ledger.Storage;
using Aria.Ledger.Verification;
using Aria.Libp2p;
using Aria.Node.Traces;

namespace Aria.Node.Ledgers;

/// <summary>Answers ledger requests from the node's own log and traces (specs/node.md §1): many on one stream, one after the other.</summary>
internal sealed class LedgerServer(LedgerLog ledger, TraceStore traces, TimeProvider time) : IDisposable
{
    /// <summary>How long a stream may stay without a request.</summary>
    public static readonly TimeSpan IdleTimeout = TimeSpan.FromMinutes(1);

    // Looking at every file costs reading them all: once for all who ask within this time.
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _looking = new(1);
    private long? _looked;
    private IReadOnlyList<LedgerFinding> _findings = [];

    /// <summary>The handler of <see cref="LedgerProtocol.Id"/>.</summary>
    public async Task HandleAsync(PeerStream stream, CancellationToken cancellationToken)
    {
        while (true)
        {
            using CancellationTokenSource idle = new(IdleTimeout, time);
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, idle.Token);
            byte[]? request;
            try
            {
                request = await LedgerFrames.ReadAsync(stream.Input, LedgerProtocol.MaxRequestBytes, either.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            if (request is null)
            {
                return;
            }

            await LedgerFrames.WriteAsync(stream.Output, await AnswerAsync(LedgerCodec.Decode(request), cancellationToken), cancellationToken);
        }
    }

    public void Dispose() => _looking.Dispose();

    internal async Task<LedgerMessage> AnswerAsync(LedgerMessage? request, CancellationToken cancellationToken)
    {
        try
        {
            return request switch
            {
                LedgerMessage.GetHead => await HeadAsync(cancellationToken),
                LedgerMessage.GetEntries get => await EntriesAsync(get, cancellationToken),
                LedgerMessage.GetTrace get => await TraceAsync(get, cancellationToken),
                _ => new LedgerMessage.Refused(LedgerRefusalCode.Malformed, "This is no request that this node knows."),
            };
        }
        catch (LedgerStoreException e)
        {
            return new LedgerMessage.Refused(LedgerRefusalCode.Damaged, e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new LedgerMessage.Refused(LedgerRefusalCode.Unavailable, e.Message);
        }
    }

    // Entries are served from memory too, so before it vouches for them by a head the node looks at what is on disk.
    private async Task<LedgerMessage> HeadAsync(CancellationToken cancellationToken)
    {
        await _looking.WaitAsync(cancellationToken);
        try
        {
            if (_looked is not { } last || time.GetElapsedTime(last) >= LookInterval)
            {
                _findings = await Task.Run(ledger.InspectFiles, cancellationToken);
                _looked = time.GetTimestamp();
            }

            return _findings.FirstOrDefault(finding => finding.Verdict == Verdict.Invalid) is { } damage
                ? new LedgerMessage.Refused(LedgerRefusalCode.Damaged, damage.ToString())
                : new LedgerMessage.Head(ledger.Head.Note);
        }
        finally
        {
            _looking.Release();
        }
    }

    private async Task<LedgerMessage> EntriesAsync(LedgerMessage.GetEntries get, CancellationToken cancellationToken)
    {
        ImmutableArray<ReadOnlyMemory<byte>>.Builder items = ImmutableArray.CreateBuilder<ReadOnlyMemory<byte>>();
        long bytes = 0;
        if (get.From < ledger.Head.Size)
        {
            await foreach (LedgerEntry entry in ledger.ReadAsync(get.From, Math.Min(get.Max, LedgerProtocol.MaxPageEntries), cancellationToken))
            {
                items.Add(entry.Bytes);
                bytes += entry.Bytes.Length;
                if (bytes >= LedgerProtocol.MaxPageBytes)
                {
                    break;
                }
            }
        }

        return new LedgerMessage.Entries(get.From, items.ToImmutable());
    }

    private async Task<LedgerMessage> TraceAsync(LedgerMessage.GetTrace get, CancellationToken cancellationToken) =>
        await traces.ReadPartAsync(get.Job, get.Epoch, get.Stage, get.Offset, LedgerProtocol.MaxPageBytes, cancellationToken) is (int total, byte[] part)
            ? new LedgerMessage.TracePart(total, get.Offset, part)
            : new LedgerMessage.Refused(LedgerRefusalCode.NotFound, $"This node keeps no trace of job {get.Job}, epoch {get.Epoch}, stage {get.Stage}.");
}
