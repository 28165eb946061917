using System.Buffers.Binary;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Stages;
using Aria.Provenance.Plans;
using Aria.Testing.Jobs;

namespace Aria.Pipeline.Tests.Stages;

public sealed class InputGateTests : IDisposable
{
    private const int Dim = 8;

    private readonly SampleJob _job = new();

    public void Dispose() => _job.Dispose();

    private JobPlan Plan => _job.Plan() with { MaxPositions = 10 };

    private SessionKey Session(int index) => new(_job.Job, 0, index);

    private InputGate Gate(int index) => new(Plan, Session(index), Dim, 100);

    private ActivationFrame Tokens(int position, params uint[] tokens)
    {
        byte[] body = new byte[4 * tokens.Length];
        for (int i = 0; i < tokens.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(4 * i), tokens[i]);
        }

        return new(FrameKind.Tokens, Session(0), 0, position, tokens.Length, body);
    }

    private ActivationFrame Rows(int position, int count, float last = 1f)
    {
        byte[] body = new byte[4 * Dim * count];
        BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan(body.Length - 4), last);
        return new(FrameKind.Residual, Session(1), 2, position, count, body);
    }

    [Fact]
    public void PositionsFollowOneAnother_ToTheEnd()
    {
        InputGate gate = Gate(0);
        Assert.Null(gate.Problem(Tokens(0, 1, 2, 3)));
        Assert.Null(gate.Problem(Tokens(3, 99)));
        Assert.Equal(4, gate.Next);
        Assert.NotNull(gate.Problem(Tokens(3, 1)));
        Assert.NotNull(gate.Problem(Tokens(5, 1)));
        Assert.NotNull(gate.Problem(ActivationFrame.End(Session(0), 5)));
        Assert.Null(gate.Problem(ActivationFrame.End(Session(0), 4)));
        Assert.Equal(4, gate.Next);
    }

    [Fact]
    public void TheFirstStage_TakesKnownTokensAlone()
    {
        InputGate gate = Gate(0);
        Assert.Contains("100", gate.Problem(Tokens(0, 1, 100)), StringComparison.Ordinal);
        Assert.NotNull(gate.Problem(Rows(0, 1) with { To = Session(0) }));
        Assert.NotNull(gate.Problem(Tokens(0, 1) with { Boundary = 1 }));
        Assert.NotNull(gate.Problem(Tokens(0, 1) with { To = Session(1) }));
        Assert.NotNull(gate.Problem(ActivationFrame.Begin(Session(0))));
        Assert.Equal(0, gate.Next);
    }

    [Fact]
    public void ALaterStage_TakesFiniteRowsOfItsBoundaryAlone()
    {
        InputGate gate = Gate(1);
        Assert.Null(gate.Problem(Rows(0, 2, float.MaxValue)));
        Assert.NotNull(gate.Problem(Rows(2, 1, float.NaN)));
        Assert.NotNull(gate.Problem(Rows(2, 1, float.NegativeInfinity)));
        Assert.NotNull(gate.Problem(Rows(2, 1) with { Boundary = 3 }));
        Assert.NotNull(gate.Problem(Rows(2, 1) with { Kind = FrameKind.Candidates }));
        Assert.NotNull(gate.Problem(Rows(2, 2) with { Count = 1 }));
        Assert.NotNull(gate.Problem(Tokens(2, 1) with { To = Session(1) }));
        Assert.Equal(2, gate.Next);
    }

    [Fact]
    public void WhereTokensAreCounted_RowsCarryThem()
    {
        JobPlan counting = Plan with { Sampling = Plan.Sampling with { Penalties = new(1.1f, 0, 0) }, AnswerFrom = 5 };
        ActivationFrame bare = Rows(0, 2);
        ActivationFrame carrying = bare with { Body = (byte[])[.. bare.Body.Span, 7, 0, 0, 0, 99, 0, 0, 0] };
        InputGate gate = new(counting, Session(1), Dim, 100);
        Assert.NotNull(gate.Problem(bare));
        Assert.NotNull(Gate(1).Problem(carrying));
        Assert.Contains("token 100", gate.Problem(bare with { Body = (byte[])[.. bare.Body.Span, 7, 0, 0, 0, 100, 0, 0, 0] }), StringComparison.Ordinal);
        Assert.NotNull(gate.Problem(carrying with { Body = (byte[])[.. Rows(0, 2, float.NaN).Body.Span, 7, 0, 0, 0, 99, 0, 0, 0] }));
        Assert.Null(gate.Problem(carrying));
        Assert.Equal(2, gate.Next);
        Assert.Null(new InputGate(counting, Session(0), Dim, 100).Problem(Tokens(0, 1, 2)));
    }

    [Fact]
    public void NoMorePositions_ThanThePlanHas()
    {
        InputGate gate = Gate(1);
        Assert.Null(gate.Problem(Rows(0, 8)));
        Assert.NotNull(gate.Problem(Rows(8, 3)));
        Assert.Null(gate.Problem(Rows(8, 2)));
    }

    [Theory]
    [InlineData(64, 2043)]          // lists of 256 candidates and a log-sum are longer than rows of 64 values and a token
    [InlineData(2560, 409)]
    [InlineData(1, 2043)]
    [InlineData(512, 2043)]
    public void AFramesCount_IsSuchThatEveryStagesFrameFits(int dim, int positions)
    {
        Assert.Equal(positions, FrameLimit.Positions(dim));
        ActivationFrame widest = new(
            FrameKind.Residual, new(new(UInt128.MaxValue), int.MaxValue, 64), ActivationFrame.MaxBoundary, 1 << 24, positions, new byte[4 * Math.Max(dim + 1, 513) * positions]);
        Assert.InRange(widest.Encode().Length, 1, ActivationFrame.MaxFrameBytes);
    }

    [Fact]
    public void EveryValueIsLookedAt()
    {
        for (int values = 1; values < 70; values++)
        {
            for (int at = 0; at < values; at++)
            {
                byte[] rows = new byte[4 * values];
                Assert.True(InputGate.IsFinite(rows));
                BinaryPrimitives.WriteSingleLittleEndian(rows.AsSpan(4 * at), float.PositiveInfinity);
                Assert.False(InputGate.IsFinite(rows));
            }
        }
    }
}
