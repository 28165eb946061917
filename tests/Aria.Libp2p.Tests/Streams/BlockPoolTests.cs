using System.Buffers;
using Aria.Libp2p.Streams;

namespace Aria.Libp2p.Tests.Streams;

public sealed class BlockPoolTests
{
    [Fact]
    public void Blocks_AreOfTheAskedSizeOrMore_AndComeBackWhenDisposed()
    {
        BlockPool pool = new();
        IMemoryOwner<byte> small = pool.Rent(), large = pool.Rent(BlockPool.SmallBytes + 1);
        Assert.Equal((BlockPool.SmallBytes, BlockPool.LargeBytes), (small.Memory.Length, large.Memory.Length));
        large.Dispose();
        Assert.Same(large, pool.Rent(BlockPool.LargeBytes));
        Assert.NotSame(small, pool.Rent(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(BlockPool.LargeBytes + 1));
    }

    [Fact]
    public void BlockDisposedTwice_IsLentOnce()
    {
        BlockPool pool = new();
        IMemoryOwner<byte> block = pool.Rent(1);
        block.Dispose();
        block.Dispose();
        Assert.Same(block, pool.Rent(1));
        Assert.NotSame(block, pool.Rent(1));
    }

    [Fact]
    public void WhatIsKept_IsBounded()
    {
        BlockPool pool = new();
        IMemoryOwner<byte>[] blocks = [.. Enumerable.Range(0, 2000).Select(_ => pool.Rent(1))];
        Array.ForEach(blocks, block => block.Dispose());
        HashSet<IMemoryOwner<byte>> again = [.. Enumerable.Range(0, 2000).Select(_ => pool.Rent(1))];
        Assert.Equal(1024, blocks.Count(again.Contains));
    }

    [Fact]
    public void BlocksThatLieUnused_AreLetGo_HalfOfThemAtATime()
    {
        BlockPool pool = new();
        IMemoryOwner<byte>[] blocks = [.. Enumerable.Range(0, 64).Select(_ => pool.Rent(BlockPool.LargeBytes))];
        HashSet<IMemoryOwner<byte>> known = [.. blocks];
        Array.ForEach(blocks, block => block.Dispose());
        pool.Trim();        // all of them were in use since the last one
        pool.Trim();
        IMemoryOwner<byte>[] again = [.. Enumerable.Range(0, 64).Select(_ => pool.Rent(BlockPool.LargeBytes))];
        Assert.Equal(32, again.Count(known.Contains));
    }
}
