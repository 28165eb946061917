using System.Buffers;
using System.Collections.Concurrent;

namespace Aria.Libp2p.Streams;

/// <summary>
/// Blocks for the bytes that wait in streams, of two sizes, kept for reuse up to a bound and given back to the collector once a while passes without use for them. The
/// framework's shared pool keeps so few large arrays that a busy connection would allocate most of what it carries.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>
{
    /// <summary>For what a quiet stream holds.</summary>
    public const int SmallBytes = 4 * 1024;

    /// <summary>For the payload of the longest frame.</summary>
    public const int LargeBytes = 64 * 1024;

    private const int MaxKeptSmall = 1024;
    private const int MaxKeptLarge = 512;

    private static readonly long TrimMilliseconds = (long)TimeSpan.FromSeconds(10).TotalMilliseconds;

    private readonly Shelf _small = new(SmallBytes, MaxKeptSmall);
    private readonly Shelf _large = new(LargeBytes, MaxKeptLarge);
    private long _trimmedAt = Environment.TickCount64;

    /// <summary>The one of the process: blocks hold nobody's state.</summary>
    public static new BlockPool Shared { get; } = new();

    public override int MaxBufferSize => LargeBytes;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, MaxBufferSize);
        return (minBufferSize <= SmallBytes ? _small : _large).Take();
    }

    /// <summary>Trims where it was not done for ten seconds; to be called now and then by whoever has a clock.</summary>
    public void TrimNowAndThen()
    {
        long last = Interlocked.Read(ref _trimmedAt);
        if (Environment.TickCount64 - last >= TrimMilliseconds && Interlocked.CompareExchange(ref _trimmedAt, Environment.TickCount64, last) == last)
        {
            Trim();
        }
    }

    /// <summary>Lets go of half of the blocks that lay unused ever since the last call.</summary>
    public void Trim()
    {
        _small.Trim();
        _large.Trim();
    }

    protected override void Dispose(bool disposing)
    {
    }

    private sealed class Shelf(int bytes, int maxKept)
    {
        private readonly ConcurrentQueue<Block> _kept = new();
        private int _count;
        private int _fewest;        // kept at any time since the last trim; a race leaves it too high at worst, and a few blocks fewer kept

        public Block Take()
        {
            if (_kept.TryDequeue(out Block? block))
            {
                _fewest = Math.Min(_fewest, Interlocked.Decrement(ref _count));
                block.IsRented = true;
                return block;
            }

            return new(this, bytes) { IsRented = true };
        }

        public void Keep(Block block)
        {
            if (Interlocked.Increment(ref _count) <= maxKept)
            {
                _kept.Enqueue(block);
            }
            else
            {
                Interlocked.Decrement(ref _count);
            }
        }

        public void Trim()
        {
            for (int surplus = (_fewest + 1) / 2; surplus > 0 && _kept.TryDequeue(out _); surplus--)
            {
                Interlocked.Decrement(ref _count);
            }

            _fewest = Volatile.Read(ref _count);
        }
    }

    private sealed class Block(Shelf shelf, int bytes) : IMemoryOwner<byte>
    {
        private readonly byte[] _bytes = GC.AllocateUninitializedArray<byte>(bytes);

        public bool IsRented { get; set; }

        public Memory<byte> Memory => _bytes;

        public void Dispose()
        {
            if (IsRented)
            {
                IsRented = false;
                shelf.Keep(this);
            }
        }
    }
}
