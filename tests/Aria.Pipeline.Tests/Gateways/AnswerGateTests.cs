using System.Buffers.Binary;
using Aria.Pipeline.Frames;
using Aria.Pipeline.Gateways;
using Aria.Provenance.Plans;
using Aria.Testing.Jobs;

namespace Aria.Pipeline.Tests.Gateways;

public sealed class AnswerGateTests : IDisposable
{
    private readonly SampleJob _job = new();
    private readonly List<HeadAnswer> _answers = [];

    public void Dispose() => _job.Dispose();

    private JobPlan Plan => _job.Plan() with { Sampling = SamplingParameters.Greedy, HeadFrom = 4 };

    private SessionKey Session => new(_job.Job, 0, 2);

    private ActivationFrame Frame(int position, int count, params (uint, float)[] candidates) => new(
        FrameKind.Candidates, Session, 5, position, count, Body(candidates));

    private static byte[] Body(params (uint Token, float Logit)[] candidates)
    {
        byte[] body = new byte[8 * candidates.Length];
        for (int i = 0; i < candidates.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(body.AsSpan(8 * i), candidates[i].Token);
            BinaryPrimitives.WriteSingleLittleEndian(body.AsSpan((8 * i) + 4), candidates[i].Logit);
        }

        return body;
    }

    [Fact]
    public void AnswersComeInOrder_WithListsFromHeadFromOn()
    {
        AnswerGate gate = new(Plan, 100);
        Assert.Equal(0, gate.Send(3));
        Assert.Equal(3, gate.Send(3));
        Assert.Null(gate.Problem(Frame(0, 3), _answers));
        Assert.Empty(_answers);
        Assert.Null(gate.Problem(Frame(3, 3, (7, 1.5f), (99, -2f)), _answers));
        Assert.Equal([[new(7, 1.5f)], [new(99, -2f)]], _answers.Select(answer => answer.Candidates.ToArray()));
        Assert.All(_answers, answer => Assert.Null(answer.LogSum));
        Assert.True(gate.IsIdle);
        Assert.Null(gate.Problem(ActivationFrame.End(Session, 6), _answers));
    }

    [Fact]
    public void WhateverIsNotDue_IsNamed()
    {
        AnswerGate gate = new(Plan, 100);
        Assert.Contains("nothing is due", gate.Problem(Frame(0, 1), _answers), StringComparison.Ordinal);
        gate.Send(6);
        Assert.All(
            [
                Frame(0, 5, (1, 0f)),
                Frame(1, 6, (1, 0f), (2, 0f)),
                Frame(0, 6, (1, 0f)),
                Frame(0, 6, (1, 0f), (100, 0f)),
                Frame(0, 6, (1, 0f), (2, float.NaN)),
                Frame(0, 6, (1, 0f), (2, 0f)) with { Boundary = 4 },
                Frame(0, 6, (1, 0f), (2, 0f)) with { Kind = FrameKind.Residual },
                Frame(0, 6, (1, 0f), (2, 0f)) with { To = Session with { Epoch = 1 } },
                ActivationFrame.End(Session, 6),
            ],
            frame => Assert.NotNull(gate.Problem(frame, _answers)));
        Assert.Null(gate.Problem(Frame(0, 6, (1, 0f), (2, 0f)), _answers));
        Assert.NotNull(gate.Problem(ActivationFrame.End(Session, 5), _answers));
    }

    [Fact]
    public void WhereALogSumIsWanted_ItStandsBehindEachList()
    {
        JobPlan plan = Plan with { Sampling = SamplingParameters.Greedy with { LogProbabilities = 2 }, AnswerFrom = 5 };
        AnswerGate gate = new(plan, 100);
        gate.Send(6);
        ActivationFrame With(params float[] sums) => Frame(0, 6) with
        {
            Body = (byte[])
            [
                .. Body((1, 1f), (2, 0.5f)), .. BitConverter.GetBytes(sums[0]),
                .. Body((7, -1f), (9, -1f)), .. BitConverter.GetBytes(sums[1]),
            ],
        };
        Assert.All(
            [With(2, float.NaN), With(float.PositiveInfinity, 0), With(0.5f, 0), Frame(0, 6, (1, 1f), (2, 0.5f), (7, -1f), (9, -1f))],
            frame => Assert.NotNull(gate.Problem(frame, _answers)));
        Assert.Null(gate.Problem(With(1, 0.25f), _answers));
        Assert.Equal([1f, 0.25f], _answers.Select(answer => answer.LogSum));
        Assert.Equal([new Candidate(7, -1f), new Candidate(9, -1f)], _answers[1].Candidates.ToArray());
    }

    [Fact]
    public void SampledCandidates_AreAsManyAsTheVocabularyHas_AndOrdered()
    {
        JobPlan plan = Plan with { Sampling = new(0.5f, 0, 1f, 1), HeadFrom = 0 };
        (uint, float)[][] wrong =
        [
            [(1, 2f), (0, 2f), (2, 1f)],
            [(0, 2f), (0, 2f), (2, 1f)],
            [(0, 1f), (1, 2f), (2, 0f)],
            [(0, 2f), (1, 1f)],
        ];
        Assert.All(wrong, candidates => Assert.NotNull(Sent().Problem(Frame(0, 1, candidates), _answers)));
        Assert.Null(Sent().Problem(Frame(0, 1, (2, 3f), (0, 2f), (1, 2f)), _answers));

        AnswerGate Sent()
        {
            AnswerGate gate = new(plan, 3);
            gate.Send(1);
            return gate;
        }
    }
}
