using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Aria.Cli.Processes;

namespace Aria.Cli.Benchmarks;

/// <summary>
/// Reads memory that no cache holds, from end to end, with wide loads and nothing else: as many bytes a second as this many threads get out of this machine. What decoding
/// reads a second is held against it.
/// </summary>
internal sealed unsafe class ReadKernel : IDisposable
{
    /// <summary>All threads' parts together; far more than the last-level cache of the machines that this is for.</summary>
    public const long TotalBytes = 512L << 20;

    private const int Passes = 3;
    private const nuint Alignment = 2 << 20;
    private const long BytesAtOnce = 512;       // eight vectors of 64 bytes

    private readonly byte*[] _parts;
    private readonly long _partBytes;

    public ReadKernel(int threads)
    {
        _partBytes = TotalBytes / threads / BytesAtOnce * BytesAtOnce;
        _parts = new byte*[threads];
        for (int i = 0; i < threads; i++)
        {
            _parts[i] = (byte*)NativeMemory.AlignedAlloc((nuint)_partBytes, Alignment);
            Libc.PreferLargePages(_parts[i], (nuint)_partBytes);
            NativeMemory.Fill(_parts[i], (nuint)_partBytes, (byte)(i + 1));
        }
    }

    ~ReadKernel() => Free();

    /// <summary>Bytes a second of all threads together, the best of a few passes.</summary>
    public double Measure()
    {
        using Barrier barrier = new(_parts.Length);
        ulong[] sums = new ulong[_parts.Length];
        Thread[] others = [.. Enumerable.Range(1, _parts.Length - 1).Select(i => new Thread(() => Passing(i, null)) { IsBackground = true, Name = $"aria read {i}" })];
        Array.ForEach(others, thread => thread.Start());
        double[] rates = new double[Passes];
        Passing(0, rates);
        Array.ForEach(others, thread => thread.Join());
        GC.KeepAlive(this);
        return rates.Max();

        void Passing(int part, double[]? told)
        {
            for (int pass = 0; pass < Passes; pass++)
            {
                barrier.SignalAndWait();
                long began = Stopwatch.GetTimestamp();
                sums[part] += Sum(_parts[part], _partBytes);
                barrier.SignalAndWait();
                told?[pass] = _partBytes * _parts.Length / Stopwatch.GetElapsedTime(began).TotalSeconds;
            }
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static ulong Sum(byte* bytes, long count)
    {
        Vector512<ulong> a = default, b = default, c = default, d = default;
        for (byte* end = bytes + count; bytes < end; bytes += BytesAtOnce)
        {
            a ^= Vector512.LoadAligned((ulong*)bytes) ^ Vector512.LoadAligned((ulong*)(bytes + 256));
            b ^= Vector512.LoadAligned((ulong*)(bytes + 64)) ^ Vector512.LoadAligned((ulong*)(bytes + 320));
            c ^= Vector512.LoadAligned((ulong*)(bytes + 128)) ^ Vector512.LoadAligned((ulong*)(bytes + 384));
            d ^= Vector512.LoadAligned((ulong*)(bytes + 192)) ^ Vector512.LoadAligned((ulong*)(bytes + 448));
        }

        return Vector512.Sum(a ^ b ^ c ^ d);        // so that the loads are not for nothing
    }

    private void Free()
    {
        for (int i = 0; i < _parts.Length; i++)
        {
            NativeMemory.AlignedFree(_parts[i]);
            _parts[i] = null;
        }
    }
}
