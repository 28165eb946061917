using System.Runtime.InteropServices;
using Aria.Engine.Execution;
using Aria.Engine.Kernels;
using Aria.Engine.Models;
using Aria.Engine.Numerics;
using Aria.Testing;

namespace Aria.Engine.Tests.Numerics;

public class FloatEnvironmentTests
{
    /// <summary>Bits that make a mode another one: flush results, flush operands, round down, round up, round to zero.</summary>
    public static TheoryData<ulong> Spoilers => RuntimeInformation.ProcessArchitecture == Architecture.Arm64
        ? [1UL << 24, 2UL << 22, 1UL << 22, 3UL << 22]
        : [1UL << 15, 1UL << 6, 1UL << 13, 2UL << 13, 3UL << 13];

    [Fact]
    public void ThisProcess_IsIeee_OnEveryThread()
    {
        Assert.True(FloatEnvironment.IsIeee());
        bool other = false;
        Thread thread = new(() => other = FloatEnvironment.IsIeee());
        thread.Start();
        thread.Join();
        Assert.True(other);
    }

    [Theory]
    [MemberData(nameof(Spoilers))]
    public void AThreadThatComputesOtherwise_IsNoticed_AndSetRight(ulong spoiler)
    {
        NativeTable native = Native();
        bool noticed = false, refused = false, restored = false, ieee = false;
        Thread thread = new(() =>
        {
            native.FloatMode |= spoiler;
            noticed = !FloatEnvironment.IsIeee();
            refused = !FloatEnvironment.TryRestore(null);
            restored = FloatEnvironment.TryRestore(native);
            ieee = FloatEnvironment.IsIeee();
        });
        thread.Start();
        thread.Join();
        Assert.Equal((true, true, true, true), (noticed, refused, restored, ieee));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void AMemberOfATeam_IsSetRightBeforeItWorks(int spoilt)
    {
        NativeTable native = Native();
        using ComputeTeam team = new(3, native);
        team.Run(new Spoil(native, spoilt));
        Look look = new();
        team.Run(look);
        Assert.Equal([true, true, true], look.Ieee);
    }

    [Theory]
    [InlineData(0, "calling thread")]
    [InlineData(2, "compute thread 2")]
    public void WithoutTheNativeLibrary_TheWorkIsRefused(int spoilt, string named)
    {
        NativeTable native = Native();
        using ComputeTeam team = new(3, null);
        team.Run(new Spoil(native, spoilt));
        try
        {
            FloatEnvironmentException told = Assert.Throws<FloatEnvironmentException>(() => team.Run(new Look()));
            Assert.Contains(named, told.Message, StringComparison.Ordinal);
        }
        finally
        {
            Assert.True(FloatEnvironment.TryRestore(native));
        }
    }

    [Fact]
    public void AnEngine_GivesTheSameBits_WhenItsCallerFlushes()
    {
        NativeTable native = Native();
        using ModelFile model = ModelFile.Open("aria-tiny");
        using SpanEngine engine = new(model, StageSpan.Whole(8), new() { Threads = 2 });
        float[] expected = Row();
        native.FloatMode |= Spoilers.First().Data;
        float[] found = Row();
        Assert.True(FloatEnvironment.TryRestore(native));
        Assert.Equal(expected, found);

        float[] Row()
        {
            using KvCache cache = engine.CreateCache(engine.Span.Layers, 4);
            float[] row = new float[256];
            engine.Embed([17], row);
            engine.Forward(cache, 0, row);
            return row;
        }
    }

    private static NativeTable Native()
    {
        Prerequisite.Demand(NativeLibraryTable.Missing is null, $"the native kernels: {NativeLibraryTable.Missing}");
        return NativeLibraryTable.Tables[0];
    }

    private sealed class Spoil(NativeTable native, int spoilt) : ITeamWork
    {
        public void Run(int member)
        {
            if (member == spoilt)
            {
                native.FloatMode |= Spoilers.First().Data;
            }
        }
    }

    private sealed class Look : ITeamWork
    {
        public bool[] Ieee { get; } = new bool[3];

        public void Run(int member) => Ieee[member] = FloatEnvironment.IsIeee();
    }
}
