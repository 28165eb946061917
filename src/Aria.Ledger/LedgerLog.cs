using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Aria.Ledger.Appending;
using Aria.Ledger.Entries;
using Aria.Ledger.Storage;
using Aria.Ledger.Verification;
using Aria.Wire.Signing;
using Microsoft.Extensions.Logging;

namespace Aria.Ledger;

/// <summary>
/// A node's own log: append-only, hash-chained, signed, on disk before anybody is told (specs/ledger.md). One opener in one process.
/// </summary>
public sealed partial class LedgerLog : IAsyncDisposable
{
    /// <summary>Most entries of one write to disk.</summary>
    public const int MaxGroupEntries = 256;

    /// <summary>Appends that may wait for their group; further ones wait for a place.</summary>
    public const int MaxWaitingAppends = 1024;

    private const int ReadAheadEntries = 64;

    private readonly OwnerLock _owner;
    private readonly RocksStore _store;
    private readonly LedgerKeys _keys;
    private readonly LedgerWriter _writer;
    private readonly LedgerOptions _options;
    private readonly ILogger _logger;
    private readonly Channel<PendingAppend> _waiting = Channel.CreateBounded<PendingAppend>(new BoundedChannelOptions(MaxWaitingAppends) { SingleReader = true });
    private readonly Task _appending;
    private volatile LedgerHead _head;
    private volatile LedgerStoppedException? _stopped;

    private LedgerLog(
        LedgerOptions options, OwnerLock owner, RocksStore store, LedgerKeys keys, LedgerWriter writer, LedgerHead head, NodeManifest manifest, ILogger logger)
    {
        (_options, _owner, _store, _keys, _writer, _head, Manifest, _logger) = (options, owner, store, keys, writer, head, manifest, logger);
        _appending = Task.Run(AppendGroupsAsync, CancellationToken.None);
    }

    /// <summary>What entry 0 says.</summary>
    public NodeManifest Manifest { get; }

    /// <summary>The newest head: what it covers is on disk and was acknowledged, or is about to be.</summary>
    public LedgerHead Head => _head;

    /// <summary>Why the log takes no more entries; null while it does.</summary>
    public LedgerStoppedException? Stopped => _stopped;

    /// <summary>Opens a node's log, or begins one.</summary>
    /// <exception cref="LedgerRefusedException">What the directories hold is not what was acknowledged, or not this node's, or another process has it open.</exception>
    public static Task<LedgerLog> OpenAsync(
        LedgerOptions options, SigningKey identity, TimeProvider time, ILogger logger, CancellationToken cancellationToken) =>
        Task.Run(() => Open(options, identity, time, logger, reached: null, cancellationToken), cancellationToken);

    /// <summary>
    /// Appends a payload of at most <see cref="LedgerEntry.MaxPayloadBytes"/>; done when it is on disk. A payload that the log already holds is not appended
    /// again: its position is returned, whatever its kind was. Cancelling ends the waiting, not the append.
    /// </summary>
    /// <exception cref="LedgerStoppedException">The disk failed, now or before; the entry may be there or not.</exception>
    public async ValueTask<LedgerPosition> AppendAsync(EntryKind kind, ReadOnlyMemory<byte> payload, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfEqual(kind, EntryKind.Manifest);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, LedgerEntry.MaxPayloadBytes);
        PendingAppend append = new(kind, payload);
        try
        {
            await _waiting.Writer.WriteAsync(append, cancellationToken);
        }
        catch (ChannelClosedException)
        {
            throw _stopped ?? (Exception)new ObjectDisposedException(nameof(LedgerLog));
        }

        return await append.Outcome.WaitAsync(cancellationToken);
    }

    /// <summary>Up to <paramref name="max"/> entries from <paramref name="from"/> on, as far as the head covers them when asked.</summary>
    /// <exception cref="LedgerStoreException">The store does not hold what it held.</exception>
    public async IAsyncEnumerable<LedgerEntry> ReadAsync(long from, int max, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from);
        ArgumentOutOfRangeException.ThrowIfNegative(max);
        long end = Math.Min(_head.Size, from + max);
        for (long start = from; start < end; start += ReadAheadEntries)
        {
            long stop = Math.Min(end, start + ReadAheadEntries), first = start;
            LedgerEntry[] page = await Task.Run(() => ReadPage(first, stop), cancellationToken);
            foreach (LedgerEntry entry in page)
            {
                yield return entry;
            }
        }
    }

    /// <summary>Where a payload stands, by its SHA-256.</summary>
    public bool TryFind(Digest payloadDigest, out long sequence)
    {
        sequence = _store.SequenceOf(payloadDigest) ?? -1;
        return sequence >= 0 && sequence < _head.Size && Read(sequence).PayloadDigest == payloadDigest;
    }

    /// <summary>
    /// Looks whether every file on disk is still what was written: what is wrong, nothing if all is well. Entries are served from memory too, so a node
    /// that is asked for its head looks before it answers.
    /// </summary>
    public IReadOnlyList<LedgerFinding> InspectFiles() => DirectoryVerification.InspectFiles(_options.Directory, _options.HeadDirectory);

    /// <summary>Appends what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _appending;
        _store.Dispose();
        _keys.Dispose();
        _owner.Dispose();
    }

    internal static LedgerLog Open(
        LedgerOptions options, SigningKey identity, TimeProvider time, ILogger logger, Action<CommitStep>? reached, CancellationToken cancellationToken)
    {
        string origin = LedgerOrigin.Of(options.NetworkId, identity.Id, options.Epoch);
        OwnerLock? owner = null;
        LedgerKeys keys = new(identity, origin);
        RocksStore? store = null;
        try
        {
            DurableFile.CreateDirectory(options.HeadDirectory);
            owner = OwnerLock.Take(options.HeadDirectory);
            Preflight preflight = Preflight.Run(options, identity.Id, origin, keys.Log.Id, cancellationToken);

            // The empty log's head goes first: from here on a missing head is damage, never a beginning.
            DurableFile.CreateDirectory(options.Directory);
            LedgerHead head = preflight.Head ?? BeginHead(options, origin, keys);
            store = RocksStore.Open(options.Directory);
            FileList.Write(options.Directory, options.HeadDirectory);
            if (preflight.IndexIsWrong)
            {
                LogIndexMended(logger, options.Directory);
                preflight.MendIndex(store);
            }

            LedgerWriter writer = new(store, options.HeadDirectory, origin, keys, preflight.Chain, preflight.Tree, time, reached);
            if (preflight.Chain.Count == 0)
            {
                (_, head) = writer.Append([(EntryKind.Manifest, MakeManifest(options, identity, origin, keys, time).Seal(identity))]);
            }
            else if (preflight.Chain.Count > head.Size)
            {
                LogUncovered(logger, preflight.Chain.Count - head.Size);
                head = writer.WriteHead();
            }

            if (LedgerEntry.TryDecode(store.Entry(0), out LedgerEntry? first) != EntryStatus.Done
                || NodeManifest.TryDecode(first!.Payload, out NodeManifest? manifest, out _) != EntryStatus.Done)
            {
                throw new LedgerStoreException("Entry 0 was written and cannot be read.");
            }

            LogOpened(logger, origin, head.Size);
            return new(options, owner, store, keys, writer, head, manifest!, logger);
        }
        catch (Exception e)
        {
            store?.Dispose();
            keys.Dispose();
            owner?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
            {
                throw new LedgerRefusedException(
                    $"The ledger in {options.Directory} cannot be opened: {e.Message.TrimEnd('.')}.", "Nothing acknowledged is lost. Mend the disk or the directory's rights and start again.", e);
            }

            throw;
        }
    }

    private static LedgerHead BeginHead(LedgerOptions options, string origin, LedgerKeys keys)
    {
        Notes.Checkpoint empty = new(origin, 0, Wire.Merkle.MerkleHash.Empty);
        byte[] note = Notes.SignedNote.Sign(empty.ToText(), new(origin, keys.Log.Id), keys.Log).Encode();
        HeadFile.Write(options.HeadDirectory, note);
        return new(empty, note);
    }

    private static NodeManifest MakeManifest(LedgerOptions options, SigningKey identity, string origin, LedgerKeys keys, TimeProvider time) => new(
        options.NetworkId, identity.Id, options.Epoch, origin, keys.Log.Id, keys.Witness.Id, options.PreviousCheckpoint, options.Software,
        time.GetUtcNow().ToUnixTimeMilliseconds());

    private async Task AppendGroupsAsync()
    {
        List<PendingAppend> group = new(MaxGroupEntries);
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (group.Count < MaxGroupEntries && _waiting.Reader.TryRead(out PendingAppend? append))
            {
                group.Add(append);
            }

            try
            {
                AppendGroup(group);
            }
            catch (Exception e)     // whatever it was, the log's state is unknown until it is opened again
            {
                Stop(group, e);
                return;
            }

            group.Clear();
        }
    }

    private void AppendGroup(List<PendingAppend> group)
    {
        Dictionary<Digest, LedgerPosition> places = [];
        List<PendingAppend> fresh = [];
        foreach (PendingAppend append in group)
        {
            if (places.ContainsKey(append.PayloadDigest))
            {
                continue;
            }

            bool held = TryFind(append.PayloadDigest, out long sequence);
            places[append.PayloadDigest] = held ? new(sequence, Read(sequence).LeafHash) : default;
            if (!held)
            {
                fresh.Add(append);
            }
        }

        if (fresh.Count > 0)
        {
            (IReadOnlyList<LedgerEntry> entries, LedgerHead head) = _writer.Append([.. fresh.Select(append => (append.Kind, append.Payload))]);
            foreach (LedgerEntry entry in entries)
            {
                places[entry.PayloadDigest] = new(entry.Sequence, entry.LeafHash);
            }

            _head = head;
        }

        foreach (PendingAppend append in group)
        {
            append.Acknowledge(places[append.PayloadDigest]);
        }
    }

    private void Stop(List<PendingAppend> group, Exception cause)
    {
        LedgerStoppedException stopped = new(_head.Size, cause);
        _stopped = stopped;
        LogStopped(_logger, _head.Size, cause);
        _waiting.Writer.TryComplete();
        foreach (PendingAppend append in group)
        {
            append.Fail(stopped);
        }

        while (_waiting.Reader.TryRead(out PendingAppend? append))
        {
            append.Fail(stopped);
        }
    }

    private LedgerEntry[] ReadPage(long from, long end)
    {
        LedgerEntry[] page = new LedgerEntry[end - from];
        for (int i = 0; i < page.Length; i++)
        {
            page[i] = Read(from + i);
        }

        return page;
    }

    private LedgerEntry Read(long sequence) =>
        _store.Entry(sequence) is { } bytes && LedgerEntry.TryDecode(bytes, out LedgerEntry? entry) == EntryStatus.Done
            ? entry!
            : throw new LedgerStoreException($"Entry {sequence} was acknowledged and is not there any more.");

    [LoggerMessage(Level = LogLevel.Information, Message = "Ledger {Origin} is open with {Entries} entries")]
    private static partial void LogOpened(ILogger logger, string origin, long entries);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Entries} entries were written before the last end but not yet covered by a head; they are now")]
    private static partial void LogUncovered(ILogger logger, long entries);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The ledger's index in {Directory} was not that of its entries and was set right")]
    private static partial void LogIndexMended(ILogger logger, string directory);

    [LoggerMessage(Level = LogLevel.Error, Message = "The ledger stopped after {Entries} entries")]
    private static partial void LogStopped(ILogger logger, long entries, Exception exception);
}
