/* SPDX-License-Identifier: MIT */
/*
 * What the kernel's headers of Linux 7.2 have beyond those of 6.1, and
 * <ringfence/abi.h> must agree on. For test_abi.c, which defines the macros.
 */

SAME(RW_ATTR_FLAG_PI);
SAME(SETUP_NO_MMAP);
SAME(SETUP_REGISTERED_FD_ONLY);
SAME(SETUP_NO_SQARRAY);
SAME(SETUP_HYBRID_IOPOLL);
SAME(SETUP_CQE_MIXED);
SAME(SETUP_SQE_MIXED);
SAME(SETUP_SQ_REWIND);
SAME(OP_READ_MULTISHOT);
SAME(OP_WAITID);
SAME(OP_FUTEX_WAIT);
SAME(OP_FUTEX_WAKE);
SAME(OP_FUTEX_WAITV);
SAME(OP_FIXED_FD_INSTALL);
SAME(OP_FTRUNCATE);
SAME(OP_BIND);
SAME(OP_LISTEN);
SAME(OP_RECV_ZC);
SAME(OP_EPOLL_WAIT);
SAME(OP_READV_FIXED);
SAME(OP_WRITEV_FIXED);
SAME(OP_PIPE);
SAME(OP_NOP128);
SAME(OP_URING_CMD128);
SAME(URING_CMD_MULTISHOT);
SAME(URING_CMD_MASK);
SAME(TIMEOUT_MULTISHOT);
SAME(TIMEOUT_IMMEDIATE_ARG);
SAME(RECVSEND_BUNDLE);
SAME(SEND_VECTORIZED);
SAME(ACCEPT_DONTWAIT);
SAME(ACCEPT_POLL_FIRST);
SAME(MSG_RING_FLAGS_PASS);
SAME(FIXED_FD_NO_CLOEXEC);
SAME(NOP_INJECT_RESULT);
SAME(NOP_FILE);
SAME(NOP_FIXED_FILE);
SAME(NOP_FIXED_BUFFER);
SAME(NOP_TW);
SAME(NOP_CQE32);
SAME(CQE_F_BUF_MORE);
SAME(CQE_F_SKIP);
SAME(CQE_F_32);
SAME(OFF_PBUF_RING);
SAME(OFF_PBUF_SHIFT);
SAME(ENTER_ABS_TIMER);
SAME(ENTER_EXT_ARG_REG);
SAME(ENTER_NO_IOWAIT);
SAME(FEAT_REG_REG_RING);
SAME(FEAT_RECVSEND_BUNDLE);
SAME(FEAT_MIN_TIMEOUT);
SAME(FEAT_RW_ATTR);
SAME(FEAT_NO_IOWAIT);
SAME(REGISTER_PBUF_STATUS);
SAME(REGISTER_NAPI);
SAME(UNREGISTER_NAPI);
SAME(REGISTER_CLOCK);
SAME(REGISTER_CLONE_BUFFERS);
SAME(REGISTER_SEND_MSG_RING);
SAME(REGISTER_ZCRX_IFQ);
SAME(REGISTER_RESIZE_RINGS);
SAME(REGISTER_MEM_REGION);
SAME(REGISTER_QUERY);
SAME(REGISTER_ZCRX_CTRL);
SAME(REGISTER_BPF_FILTER);
SAME(REGISTER_USE_REGISTERED_RING);
SAME(MEM_REGION_TYPE_USER);
SAME(MEM_REGION_REG_WAIT_ARG);
SAME(REGISTER_SRC_REGISTERED);
SAME(REGISTER_DST_REPLACE);
EQUAL(RF_PBUF_RING_MMAP, IOU_PBUF_RING_MMAP);
EQUAL(RF_PBUF_RING_INC, IOU_PBUF_RING_INC);
EQUAL(RF_NAPI_REGISTER_OP, IO_URING_NAPI_REGISTER_OP);
EQUAL(RF_NAPI_STATIC_ADD_ID, IO_URING_NAPI_STATIC_ADD_ID);
EQUAL(RF_NAPI_STATIC_DEL_ID, IO_URING_NAPI_STATIC_DEL_ID);
EQUAL(RF_NAPI_TRACKING_DYNAMIC, IO_URING_NAPI_TRACKING_DYNAMIC);
EQUAL(RF_NAPI_TRACKING_STATIC, IO_URING_NAPI_TRACKING_STATIC);
EQUAL(RF_NAPI_TRACKING_INACTIVE, IO_URING_NAPI_TRACKING_INACTIVE);
SAME(REG_WAIT_TS);
EQUAL(RF_SOCKET_URING_OP_SIOCINQ, SOCKET_URING_OP_SIOCINQ);
EQUAL(RF_SOCKET_URING_OP_SIOCOUTQ, SOCKET_URING_OP_SIOCOUTQ);
EQUAL(RF_SOCKET_URING_OP_GETSOCKOPT, SOCKET_URING_OP_GETSOCKOPT);
EQUAL(RF_SOCKET_URING_OP_SETSOCKOPT, SOCKET_URING_OP_SETSOCKOPT);
EQUAL(RF_SOCKET_URING_OP_TX_TIMESTAMP, SOCKET_URING_OP_TX_TIMESTAMP);
EQUAL(RF_SOCKET_URING_OP_GETSOCKNAME, SOCKET_URING_OP_GETSOCKNAME);
SAME(TIMESTAMP_HW_SHIFT);
SAME(TIMESTAMP_TYPE_SHIFT);
SAME(CQE_F_TSTAMP_HW);
SAME(ZCRX_AREA_SHIFT);
SAME(ZCRX_AREA_MASK);
SAME(ZCRX_AREA_DMABUF);
EQUAL(RF_ZCRX_REG_IMPORT, ZCRX_REG_IMPORT);
EQUAL(RF_ZCRX_REG_NODEV, ZCRX_REG_NODEV);
EQUAL(RF_ZCRX_FEATURE_RX_PAGE_SIZE, ZCRX_FEATURE_RX_PAGE_SIZE);
EQUAL(RF_ZCRX_FEATURE_EVENT, ZCRX_FEATURE_EVENT);
EQUAL(RF_ZCRX_EVENT_ALLOC_FAIL, ZCRX_EVENT_ALLOC_FAIL);
EQUAL(RF_ZCRX_EVENT_COPY, ZCRX_EVENT_COPY);
EQUAL(RF_ZCRX_EVENT_DESC_FLAG_STATS, ZCRX_EVENT_DESC_FLAG_STATS);
EQUAL(RF_ZCRX_CTRL_FLUSH_RQ, ZCRX_CTRL_FLUSH_RQ);
EQUAL(RF_ZCRX_CTRL_EXPORT, ZCRX_CTRL_EXPORT);
EQUAL(RF_ZCRX_CTRL_ARM_EVENT, ZCRX_CTRL_ARM_EVENT);
EQUAL(RF_QUERY_OPCODES, IO_URING_QUERY_OPCODES);
EQUAL(RF_QUERY_ZCRX, IO_URING_QUERY_ZCRX);
EQUAL(RF_QUERY_SCQ, IO_URING_QUERY_SCQ);
EQUAL(RF_QUERY_ZCRX_EVENT, IO_URING_QUERY_ZCRX_EVENT);
EQUAL(RF_BPF_FILTER_DENY_REST, IO_URING_BPF_FILTER_DENY_REST);
EQUAL(RF_BPF_FILTER_SZ_STRICT, IO_URING_BPF_FILTER_SZ_STRICT);
EQUAL(RF_BPF_CMD_FILTER, IO_URING_BPF_CMD_FILTER);

FIELD(sqe, level);
FIELD(sqe, optname);
FIELD(sqe, waitid_flags);
FIELD(sqe, futex_flags);
FIELD(sqe, install_fd_flags);
FIELD(sqe, nop_flags);
FIELD(sqe, pipe_flags);
FIELD(sqe, zcrx_ifq_idx);
FIELD(sqe, optlen);
FIELD(sqe, write_stream);
FIELD(sqe, attr_ptr);
FIELD(sqe, attr_type_mask);
FIELD(sqe, optval);

SIZE(attr_pi);
FIELD(attr_pi, flags);
FIELD(attr_pi, app_tag);
FIELD(attr_pi, len);
FIELD(attr_pi, addr);
FIELD(attr_pi, seed);
FIELD(attr_pi, rsvd);

FIELD_AS(rf_sqring_offsets, user_addr, io_sqring_offsets, user_addr);

FIELD_AS(rf_cqring_offsets, user_addr, io_cqring_offsets, user_addr);

SIZE(region_desc);
FIELD(region_desc, user_addr);
FIELD(region_desc, size);
FIELD(region_desc, flags);
FIELD(region_desc, id);
FIELD(region_desc, mmap_offset);
FIELD_AS(rf_region_desc, resv, io_uring_region_desc, __resv);

SIZE(mem_region_reg);
FIELD(mem_region_reg, region_uptr);
FIELD(mem_region_reg, flags);
FIELD_AS(rf_mem_region_reg, resv, io_uring_mem_region_reg, __resv);

SIZE(task_restriction);
FIELD(task_restriction, flags);
FIELD(task_restriction, nr_res);
FIELD(task_restriction, resv);

SIZE(clock_register);
FIELD(clock_register, clockid);
FIELD_AS(rf_clock_register, resv, io_uring_clock_register, __resv);

SIZE(clone_buffers);
FIELD(clone_buffers, src_fd);
FIELD(clone_buffers, flags);
FIELD(clone_buffers, src_off);
FIELD(clone_buffers, dst_off);
FIELD(clone_buffers, nr);
FIELD(clone_buffers, pad);

FIELD(buf_reg, flags);
FIELD(buf_reg, min_left);
FIELD(buf_reg, resv);

SIZE(buf_status);
FIELD(buf_status, buf_group);
FIELD(buf_status, head);
FIELD(buf_status, resv);

SIZE(napi);
FIELD(napi, busy_poll_to);
FIELD(napi, prefer_busy_poll);
FIELD(napi, opcode);
FIELD(napi, pad);
FIELD(napi, op_param);
FIELD(napi, resv);

SIZE(reg_wait);
FIELD(reg_wait, ts);
FIELD(reg_wait, min_wait_usec);
FIELD(reg_wait, flags);
FIELD(reg_wait, sigmask);
FIELD(reg_wait, sigmask_sz);
FIELD(reg_wait, pad);
FIELD(reg_wait, pad2);

FIELD(getevents_arg, min_wait_usec);

FIELD(sync_cancel_reg, opcode);
FIELD(sync_cancel_reg, pad);
FIELD(sync_cancel_reg, pad2);

SIZE_AS(rf_io_timespec, io_timespec);
FIELD_AS(rf_io_timespec, tv_sec, io_timespec, tv_sec);
FIELD_AS(rf_io_timespec, tv_nsec, io_timespec, tv_nsec);

SIZE(zcrx_rqe);
FIELD(zcrx_rqe, off);
FIELD(zcrx_rqe, len);
FIELD_AS(rf_zcrx_rqe, pad, io_uring_zcrx_rqe, __pad);

SIZE(zcrx_cqe);
FIELD(zcrx_cqe, off);
FIELD_AS(rf_zcrx_cqe, pad, io_uring_zcrx_cqe, __pad);

SIZE(zcrx_offsets);
FIELD(zcrx_offsets, head);
FIELD(zcrx_offsets, tail);
FIELD(zcrx_offsets, rqes);
FIELD_AS(rf_zcrx_offsets, resv2, io_uring_zcrx_offsets, __resv2);
FIELD_AS(rf_zcrx_offsets, resv, io_uring_zcrx_offsets, __resv);

SIZE(zcrx_area_reg);
FIELD(zcrx_area_reg, addr);
FIELD(zcrx_area_reg, len);
FIELD(zcrx_area_reg, rq_area_token);
FIELD(zcrx_area_reg, flags);
FIELD(zcrx_area_reg, dmabuf_fd);
FIELD_AS(rf_zcrx_area_reg, resv2, io_uring_zcrx_area_reg, __resv2);

SIZE_AS(rf_zcrx_stats, zcrx_stats);
FIELD_AS(rf_zcrx_stats, copy_count, zcrx_stats, copy_count);
FIELD_AS(rf_zcrx_stats, copy_bytes, zcrx_stats, copy_bytes);

SIZE_AS(rf_zcrx_event_desc, zcrx_event_desc);
FIELD_AS(rf_zcrx_event_desc, user_data, zcrx_event_desc, user_data);
FIELD_AS(rf_zcrx_event_desc, type_mask, zcrx_event_desc, type_mask);
FIELD_AS(rf_zcrx_event_desc, flags, zcrx_event_desc, flags);
FIELD_AS(rf_zcrx_event_desc, stats_offset, zcrx_event_desc, stats_offset);
FIELD_AS(rf_zcrx_event_desc, resv2, zcrx_event_desc, __resv2);

SIZE(zcrx_ifq_reg);
FIELD(zcrx_ifq_reg, if_idx);
FIELD(zcrx_ifq_reg, if_rxq);
FIELD(zcrx_ifq_reg, rq_entries);
FIELD(zcrx_ifq_reg, flags);
FIELD(zcrx_ifq_reg, area_ptr);
FIELD(zcrx_ifq_reg, region_ptr);
FIELD(zcrx_ifq_reg, offsets);
FIELD(zcrx_ifq_reg, zcrx_id);
FIELD(zcrx_ifq_reg, rx_buf_len);
FIELD(zcrx_ifq_reg, event_desc);
FIELD_AS(rf_zcrx_ifq_reg, resv, io_uring_zcrx_ifq_reg, __resv);

SIZE_AS(rf_zcrx_ctrl_flush_rq, zcrx_ctrl_flush_rq);
FIELD_AS(rf_zcrx_ctrl_flush_rq, resv, zcrx_ctrl_flush_rq, __resv);

SIZE_AS(rf_zcrx_ctrl_export, zcrx_ctrl_export);
FIELD_AS(rf_zcrx_ctrl_export, zcrx_fd, zcrx_ctrl_export, zcrx_fd);
FIELD_AS(rf_zcrx_ctrl_export, resv1, zcrx_ctrl_export, __resv1);

SIZE_AS(rf_zcrx_ctrl_arm_event, zcrx_ctrl_arm_event);
FIELD_AS(rf_zcrx_ctrl_arm_event, event_type, zcrx_ctrl_arm_event, event_type);
FIELD_AS(rf_zcrx_ctrl_arm_event, resv, zcrx_ctrl_arm_event, __resv);

SIZE_AS(rf_zcrx_ctrl, zcrx_ctrl);
FIELD_AS(rf_zcrx_ctrl, zcrx_id, zcrx_ctrl, zcrx_id);
FIELD_AS(rf_zcrx_ctrl, op, zcrx_ctrl, op);
FIELD_AS(rf_zcrx_ctrl, resv, zcrx_ctrl, __resv);
FIELD_AS(rf_zcrx_ctrl, zc_export, zcrx_ctrl, zc_export);
FIELD_AS(rf_zcrx_ctrl, zc_flush, zcrx_ctrl, zc_flush);
FIELD_AS(rf_zcrx_ctrl, zc_arm_event, zcrx_ctrl, zc_arm_event);

SIZE(query_hdr);
FIELD(query_hdr, next_entry);
FIELD(query_hdr, query_data);
FIELD(query_hdr, query_op);
FIELD(query_hdr, size);
FIELD(query_hdr, result);
FIELD_AS(rf_query_hdr, resv, io_uring_query_hdr, __resv);

SIZE(query_opcode);
FIELD(query_opcode, nr_request_opcodes);
FIELD(query_opcode, nr_register_opcodes);
FIELD(query_opcode, feature_flags);
FIELD(query_opcode, ring_setup_flags);
FIELD(query_opcode, enter_flags);
FIELD(query_opcode, sqe_flags);
FIELD(query_opcode, nr_query_opcodes);
FIELD_AS(rf_query_opcode, pad, io_uring_query_opcode, __pad);

SIZE(query_zcrx);
FIELD(query_zcrx, register_flags);
FIELD(query_zcrx, area_flags);
FIELD(query_zcrx, nr_ctrl_opcodes);
FIELD(query_zcrx, features);
FIELD(query_zcrx, rq_hdr_size);
FIELD(query_zcrx, rq_hdr_alignment);
FIELD_AS(rf_query_zcrx, resv2, io_uring_query_zcrx, __resv2);

SIZE(query_zcrx_event);
FIELD(query_zcrx_event, event_flags);
FIELD(query_zcrx_event, stats_size);
FIELD(query_zcrx_event, stats_off_alignment);
FIELD_AS(rf_query_zcrx_event, resv1, io_uring_query_zcrx_event, __resv1);
FIELD_AS(rf_query_zcrx_event, resv2, io_uring_query_zcrx_event, __resv2);

SIZE(query_scq);
FIELD(query_scq, hdr_size);
FIELD(query_scq, hdr_alignment);

SIZE(bpf_ctx);
FIELD(bpf_ctx, user_data);
FIELD(bpf_ctx, opcode);
FIELD(bpf_ctx, sqe_flags);
FIELD(bpf_ctx, pdu_size);
FIELD(bpf_ctx, pad);
FIELD(bpf_ctx, socket);
FIELD(bpf_ctx, socket.family);
FIELD(bpf_ctx, socket.type);
FIELD(bpf_ctx, socket.protocol);
FIELD(bpf_ctx, open);
FIELD(bpf_ctx, open.flags);
FIELD(bpf_ctx, open.mode);
FIELD(bpf_ctx, open.resolve);
FIELD(bpf_ctx, connect);
FIELD(bpf_ctx, connect.family);
FIELD(bpf_ctx, connect.port);
FIELD(bpf_ctx, connect.pad);
FIELD(bpf_ctx, connect.v4_addr);
FIELD(bpf_ctx, connect.v6_addr);

SIZE(bpf_filter);
FIELD(bpf_filter, opcode);
FIELD(bpf_filter, flags);
FIELD(bpf_filter, filter_len);
FIELD(bpf_filter, pdu_size);
FIELD(bpf_filter, resv);
FIELD(bpf_filter, filter_ptr);
FIELD(bpf_filter, resv2);

SIZE(bpf);
FIELD(bpf, cmd_type);
FIELD(bpf, cmd_flags);
FIELD(bpf, resv);
FIELD(bpf, filter);

EQUAL(RF_OP_LAST, IORING_OP_LAST);
EQUAL(RF_REGISTER_LAST, IORING_REGISTER_LAST);
