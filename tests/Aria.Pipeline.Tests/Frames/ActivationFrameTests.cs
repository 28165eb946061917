using System.Buffers;
using System.Text.Json;
using Aria.Pipeline.Frames;
using CsCheck;

namespace Aria.Pipeline.Tests.Frames;

public sealed class ActivationFrameTests
{
    [Fact]
    public void Accepted_DecodeToTheirFields_AndEncodeToTheirBytes()
    {
        foreach (JsonElement vector in PipelineVectors.Read("frames.json", "accepted"))
        {
            byte[] bytes = vector.Hex("bytes");
            ActivationFrame expected = new(
                (FrameKind)vector.Int("kind"),
                new(JobId.FromBytes(vector.Hex("job")), vector.Int("epoch"), vector.Int("receiver")),
                vector.Int("boundary"), vector.Int("position"), vector.Int("count"), vector.Hex("body"));

            Assert.Equal(OperationStatus.Done, ActivationFrame.TryDecode(bytes, out ActivationFrame frame));
            AssertSame(expected, frame);
            Assert.Equal(bytes, expected.Encode());
        }
    }

    [Fact]
    public void Refused_AreRefused()
    {
        foreach (JsonElement vector in PipelineVectors.Read("frames.json", "refused"))
        {
            OperationStatus status = ActivationFrame.TryDecode(vector.Hex("bytes"), out _);
            Assert.True(status == OperationStatus.InvalidData, vector.Text("name"));
        }
    }

    [Fact]
    public void EveryPrefixOfAFrame_IsRefused()
    {
        foreach (JsonElement vector in PipelineVectors.Read("frames.json", "accepted"))
        {
            byte[] bytes = vector.Hex("bytes");
            for (int length = 0; length < bytes.Length; length++)
            {
                Assert.Equal(OperationStatus.InvalidData, ActivationFrame.TryDecode(bytes.AsMemory(0, length), out _));
            }
        }
    }

    [Fact]
    public void AnyFrame_ComesBackAsItWas() =>
        Frames.Sample(frame =>
        {
            byte[] bytes = frame.Encode();
            Assert.Equal(OperationStatus.Done, ActivationFrame.TryDecode(bytes, out ActivationFrame back));
            AssertSame(frame, back);
        });

    [Fact]
    public void AnyBytesThatDecode_EncodeToThemselves() =>
        Gen.Select(Frames, Gen.Int[0, 4000], Gen.Byte).Sample((frame, at, value) =>
        {
            byte[] bytes = frame.Encode();
            bytes[at % Math.Min(bytes.Length, 48)] = value;
            if (ActivationFrame.TryDecode(bytes, out ActivationFrame back) == OperationStatus.Done)
            {
                Assert.Equal(bytes, back.Encode());
            }
        });

    [Fact]
    public void Garbage_NeverThrows() =>
        Gen.Byte.Array[0, 200].Sample(bytes => { ActivationFrame.TryDecode(bytes, out _); });

    private static readonly Gen<ActivationFrame> Frames =
        from kind in Gen.Int[0, 4]
        from job in Gen.ULong
        from epoch in Gen.Int[0, int.MaxValue]
        from receiver in Gen.Int[0, ActivationFrame.MaxStages]
        from boundary in Gen.Int[1, ActivationFrame.MaxBoundary]
        from position in Gen.Int[0, 1 << 24]
        from count in Gen.Int[1, 80]
        from width in Gen.Int[1, 40]
        select Frame((FrameKind)kind, new(new JobId(new UInt128(job, job * 31)), epoch, receiver), boundary, position, count, width);

    private static ActivationFrame Frame(FrameKind kind, SessionKey to, int boundary, int position, int count, int width) => kind switch
    {
        FrameKind.Begin => ActivationFrame.Begin(to),
        FrameKind.End => ActivationFrame.End(to, position),
        FrameKind.Tokens => new(kind, to, 0, position, count, new byte[4 * count]),
        FrameKind.Residual => new(kind, to, boundary, position, count, new byte[4 * count * width]),
        _ => new(kind, to, boundary, position, count, new byte[8 * width]),
    };

    private static void AssertSame(ActivationFrame expected, ActivationFrame actual)
    {
        Assert.Equal(expected with { Body = default }, actual with { Body = default });
        Assert.Equal(expected.Body.ToArray(), actual.Body.ToArray());
    }
}
